"""Command: runs a builder's program, tells what it says and why it failed."""

import re
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from modelport.errors import ServiceError

Status = Callable[[str], None]
_KEPT = 40
"""Last lines of a command that are looked through for the reason of its failure."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Command:
    """How a builder's program is run."""

    words: list[str]
    """Its name and arguments."""
    environment: Mapping[str, str]
    """All of its variables."""


def program(name: str) -> str:
    """Where a builder's program is.

    Raises:
        ServiceError: it is not installed.
    """
    found = shutil.which(name)
    if found is None:
        message = (
            f"{name} is not installed here, and images cannot be built or run without it; install "
            f"{name.capitalize()}, or work on a machine that has it"
        )
        raise ServiceError(message)
    return found


def answer(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a short command, and give back what it said.

    Raises:
        ServiceError: its program is not installed.
    """
    return subprocess.run(
        [program(words[0]), *words[1:]], capture_output=True, text=True, timeout=60, check=False
    )


def run(command: Command, failure: Callable[[Sequence[str]], str], status: Status) -> None:
    """Run a command, telling what it says.

    Args:
        command: The program and what it is told.
        failure: Makes a message of its last lines.
        status: Told each line.

    Raises:
        ServiceError: it is not installed, or failed.
    """
    lines: deque[str] = deque(maxlen=_KEPT)
    with subprocess.Popen(
        [program(command.words[0]), *command.words[1:]],
        env=dict(command.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for
        try:
            for line in process.stdout:
                said = _COLOUR.sub("", line).strip()
                if said:
                    lines.append(said)
                    status(said[:100])
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise ServiceError(failure(list(lines)))
