"""hey, a load generator: found on the PATH, or built from its Go module into the cache.

https://github.com/rakyll/hey; Debian's package `hey` is the same.
"""

import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cache_folder import cache_folder
from modelport.engine.progress import silent
from modelport.engine.toolchain import Go, go_on_path, private_go

MODULE = "github.com/rakyll/hey@v0.1.4"


@dataclass(frozen=True, slots=True)
class Report:
    """What hey counted."""

    answers: dict[int, int]
    """Answers by status."""
    errors: str
    """Its list of connection errors; empty when there was none."""
    text: str
    """The whole report."""


def hey() -> Path:
    """The program."""
    found = shutil.which("hey")
    if found:
        return Path(found)
    cache = cache_folder() / "tools"
    program = cache / "hey"
    if not program.exists():
        go = go_on_path()
        if not isinstance(go, Go):
            go = private_go(silent)
        assert isinstance(go, Go), go
        environment = go.environment() | {"GOBIN": str(cache)}
        subprocess.run([go.program, "install", MODULE], check=True, env=environment)
    return program


def start(url: str, folder: Path, requests: int, rate: int, callers: int) -> subprocess.Popen[str]:
    """Ask at most `requests` times at `rate` a second from `callers` connections."""
    header = (folder / "auth-header").read_text().strip()
    return subprocess.Popen(
        [
            str(hey()), "-n", str(requests), "-c", str(callers), "-q", str(rate / callers),
            "-m", "POST", "-T", "application/json", "-H", header,
            "-D", str(folder / "request.json"), url,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def report(process: subprocess.Popen[str]) -> Report:
    """End the load, after what is under way, and read the report."""
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=600)
    answers = {
        int(status): int(count)
        for status, count in re.findall(r"\[(\d+)\]\s+(\d+) responses", text)
    }
    _, _, errors = text.partition("Error distribution:")
    return Report(answers, errors.strip(), text)
