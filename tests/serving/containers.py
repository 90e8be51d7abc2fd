"""Containers for the serving tests: the entry point as a real process, without an image."""

import contextlib
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from serving.tiny import environment
from serving.workers import Worker, home_of, listen, stop, wait_ready


@dataclass
class Entry:
    """A module of the Bento's own runtime, run as a program."""

    bento: Path
    folder: Path

    def start(self, module: str, variables: dict[str, str], *arguments: str) -> Worker:
        env = environment(
            home_of(self.bento), PYTHONPATH=str(self.bento / "src"), TMPDIR=str(self.folder)
        )
        log = self.folder / "container.log"
        command = [sys.executable, "-P", "-m", f"modelport_serving.{module}", *arguments]
        with log.open("a") as sink:
            process = subprocess.Popen(
                command, env=env | variables, stderr=sink, text=True, cwd=self.folder
            )
        return Worker(process, f"http://127.0.0.1:{variables.get('PORT', 0)}", log)


def free_port() -> int:
    with listen() as listening:
        return listening.getsockname()[1]


@contextlib.contextmanager
def container(
    bento: Path, folder: Path, variables: dict[str, str], *arguments: str
) -> Generator[Worker]:
    """Run a container of `bento` on a free port until it is ready, and end it afterwards."""
    port = {"PORT": str(free_port())}
    worker = Entry(bento, folder).start("container", port | variables, *arguments)
    try:
        wait_ready(worker)
        yield worker
    finally:
        stop(worker)
