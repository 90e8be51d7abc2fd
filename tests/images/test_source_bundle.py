"""Sources for Cloud Functions: one zip, the same bytes every time, served by the framework."""

import subprocess
import sys
import zipfile
from pathlib import Path

import httpx

from modelport.home import Home
from modelport.images import write_source_bundle
from modelport.images.files import without_hashes
from modelport_serving.record import BundleRecord
from serving.containers import free_port
from serving.tiny import GOOD, environment
from serving.workers import Worker, stop, wait_ready


def test_the_same_bundle_gives_the_same_zip(
    home: Home, record: BundleRecord, tmp_path: Path
) -> None:
    first = write_source_bundle(home, record, tmp_path / "a")
    second = write_source_bundle(home, record, tmp_path / "b")
    assert first.name == second.name
    assert first.name.startswith("tiny-00ff00ff00ff00ff-")
    assert first.read_bytes() == second.read_bytes()
    assert list(first.parent.iterdir()) == [first]
    with zipfile.ZipFile(first) as packed:
        assert {"main.py", "requirements.txt"} <= set(packed.namelist())
        pins = packed.read("requirements.txt").decode().splitlines()
    assert "functions-framework==3.10.2" in pins
    assert pins[0].startswith("bentoml")


def test_the_framework_serves_it(home: Home, record: BundleRecord, tmp_path: Path) -> None:
    with zipfile.ZipFile(write_source_bundle(home, record, tmp_path)) as packed:
        packed.extractall(tmp_path / "function")
    port = free_port()
    env = environment(tmp_path / "none", MODELPORT_AUTH="platform", PORT=str(port))
    del env["BENTOML_HOME"]
    command = [sys.executable, "-m", "functions_framework", "--target", "predict"]
    log = tmp_path / "log"
    with log.open("w") as sink:
        process = subprocess.Popen(
            command, env=env, cwd=tmp_path / "function", stderr=sink, text=True
        )
    served = Worker(process, f"http://127.0.0.1:{port}", log)
    try:
        wait_ready(served)
        answer = httpx.post(f"{served.url}/predict", json={"instances": GOOD}, timeout=20)
        assert [item["label"] for item in answer.json()["predictions"]] == ["high", "low"]
    finally:
        stop(served)


def test_hashes_give_way_to_packages_without_one() -> None:
    pins = f"numpy==2.4.6 \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{'1' * 64}\n"
    assert without_hashes(pins + "joblib==1.6.0\n") == "numpy==2.4.6\njoblib==1.6.0\n"
