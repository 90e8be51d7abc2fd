"""The bundle as a function: served by the real functions-framework, as Google runs it."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from serving.containers import free_port
from serving.test_lifecycle import copy_of
from serving.tiny import GOOD, environment
from serving.workers import Worker, home_of, stop, wait_ready

MAIN = """
import sys

sys.path.insert(0, {source!r})
from modelport_serving.functions import load_function

_answer = load_function()


def predict(request):
    return _answer(request)
"""


def framework(bento: Path, folder: Path) -> Worker:
    (folder / "main.py").write_text(MAIN.format(source=str(bento / "src")))
    port = free_port()
    env = environment(home_of(bento), MODELPORT_AUTH="platform", PORT=str(port))
    command = [sys.executable, "-m", "functions_framework", "--target", "predict"]
    with (folder / "log").open("w") as sink:
        process = subprocess.Popen(command, env=env, cwd=folder, stderr=sink, text=True)
    return Worker(process, f"http://127.0.0.1:{port}", folder / "log")


@pytest.mark.skipif(sys.platform != "linux", reason="the framework serves with gunicorn on Linux")
def test_every_path_is_answered(bento: Path, tmp_path: Path) -> None:
    served = framework(bento, tmp_path)
    try:
        wait_ready(served)

        def ask(_: int) -> httpx.Response:
            return httpx.post(f"{served.url}/predict", json={"instances": GOOD}, timeout=20)

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(40)))
        assert {answer.status_code for answer in answers} == {200}
        assert {answer.json()["model"] for answer in answers} == {"tiny@00ff00ff00ff00ff"}
        assert answers[0].headers["x-modelport-version"] == "00ff00ff00ff00ff"
        wrong = httpx.post(f"{served.url}/predict", json={"instances": []})
        assert wrong.status_code == 422
        assert wrong.headers["content-type"] == "application/problem+json"
        assert httpx.get(f"{served.url}/nowhere").status_code == 404
    finally:
        stop(served)


def test_a_broken_bundle_ends_the_framework(bento: Path, tmp_path: Path) -> None:
    copied = copy_of(bento, tmp_path)
    (copied / "src" / "golden.json").unlink()
    served = framework(copied, tmp_path)
    assert served.process.wait(60) == 1
    assert "cannot start: " in served.log.read_text()
