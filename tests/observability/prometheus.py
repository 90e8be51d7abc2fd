"""A real Prometheus, and promtool, from Debian's package."""

import subprocess
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from debian import bring
from serving.containers import free_port

_START_SECONDS = 30


def require_prometheus() -> None:
    """Bring the package, or skip the test with the reason why it cannot be had."""
    reason = bring({"prometheus": "prometheus", "promtool": "prometheus"})
    if reason:
        pytest.skip(reason)


def promtool(*words: str | Path) -> str:
    """What promtool says; fails when it finds a fault."""
    done = subprocess.run(
        ["promtool", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running one."""

    url: str

    def get(self, path: str, **parameters: str) -> Any:
        """Answer of its API; fails when it refuses."""
        answer = httpx.get(f"{self.url}/api/v1/{path}", params=parameters, trust_env=False)
        found = answer.json()
        assert found["status"] == "success", (parameters, found)
        return found["data"]

    def values(self, expression: str) -> list[float]:
        """What an expression is now, one number for each series."""
        return [float(item["value"][1]) for item in self.get("query", query=expression)["result"]]

    def wait_for(self, expression: str, seconds: float = 30) -> None:
        """Wait until an expression is something."""
        end = time.monotonic() + seconds
        while not self.values(expression):
            assert time.monotonic() < end, expression
            time.sleep(0.5)


@contextmanager
def running(folder: Path, config: Mapping[str, Any]) -> Generator[Prometheus]:
    """Prometheus with a configuration, ended afterwards."""
    file = folder / "prometheus.yaml"
    file.write_text(yaml.safe_dump(dict(config)))
    promtool("check", "config", file)
    address = f"127.0.0.1:{free_port()}"
    log = folder / "prometheus.log"
    with log.open("w") as sink:
        process = subprocess.Popen(
            [
                "prometheus",
                f"--config.file={file}",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address={address}",
            ],
            stdout=sink,
            stderr=sink,
        )
    try:
        end = time.monotonic() + _START_SECONDS
        while not _ready(address):
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < end, log.read_text()[-2000:]
            time.sleep(0.1)
        yield Prometheus(f"http://{address}")
    finally:
        process.terminate()
        process.wait(30)


def _ready(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/-/ready", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
