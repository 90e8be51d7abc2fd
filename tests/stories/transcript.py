"""Transcripts: a story played in a real clone, and the page that shows it.

A page under `docs/stories/` holds what the commands printed. The test plays the story again and
compares; digests are masked, for they change with every line of the bundle's sources.
`UPDATE_STORIES=1` writes the page anew.
"""

import difflib
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from setup.island import Island

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "stories"
_MASKS = (
    (re.compile(r"@[0-9a-f]{8,16}\b"), "@DIGEST"),
    (re.compile(r"\d+\.\d{6,}(e-?\d+)?"), "NUMBER"),  # processors differ in the last digits
    (re.compile(r"commit [0-9a-f]{7}\b"), "commit COMMIT"),
    (re.compile(r"\b(after|in|ended) \d+(\.\d+)? (m?s)\b"), r"\1 TIME \3"),
    (re.compile(r"\b\d+(\.\d+)? (MB|GB)$", re.MULTILINE), r"SIZE \2"),
    (re.compile(r"listens on \d+ and not on"), "listens on PORT and not on"),
    (re.compile(r"\[Makefile:\d+:"), "[Makefile:LINE:"),
    (re.compile(r"\br[0-9a-f]{9}\b"), "REVISION"),
    (re.compile(r"127\.0\.0\.1:\d{4,5}/models"), "REGISTRY/models"),
    (re.compile(r" after \d+ requests: (\w+): .*; "), r" after COUNT requests: \1: NUMBERS; "),
)


def clone(folder: Path) -> Path:
    """A clone of the work tree as it is, changes that are not committed included."""
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    changed = subprocess.run(
        ["git", "ls-files", "-z", "--modified", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in changed.split("\0"):
        source = ROOT / name
        if name and source.is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
            target.chmod(source.stat().st_mode)
    for command in (
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=False, capture_output=True)
    return folder


@dataclass(slots=True)
class Story:
    """Commands played in one folder, with what they printed."""

    folder: Path
    lines: list[str] = field(default_factory=list[str])
    environment: dict[str, str] = field(default_factory=dict[str, str])
    """Variables that the user has set."""
    island: Island | None = None
    """Where the commands run when no network may be there."""

    def play(self, command: str, *, status: int = 0, shown: str | None = None) -> str:
        """Run a shell command as a user without settings would; returns its standard output.

        Args:
            command: What the user types.
            status: Exit status that it must have.
            shown: What the page shows instead of the command; nothing when empty.
        """
        ran = self._run("bash", "-c", command)
        assert ran.returncode == status, f"{command}\n{ran.stdout}\n{ran.stderr}"
        if shown != "":
            self.lines.append(f"$ {shown or command}")
            self.lines += ran.stdout.splitlines()
            if status:
                self.lines += [line for line in ran.stderr.splitlines() if _is_error(line)]
        return ran.stdout

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        if self.island:
            return self.island.run(*command, cwd=self.folder)
        return subprocess.run(
            command,
            cwd=self.folder,
            env=plain_environment() | self.environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def page(self, title: str, text: str) -> str:
        """The story as a page."""
        body = "\n".join(self.lines)
        return f"# {title}\n\n{text}\n\n```console\n{body}\n```\n"


def check_page(name: str, page: str) -> None:
    """Compare with the page in the repository, or write it when asked to."""
    path = PAGES / name
    if os.environ.get("UPDATE_STORIES"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page)
    written, played = (_masked(text).splitlines() for text in (path.read_text(), page))
    difference = "\n".join(difflib.unified_diff(written, played, "written", "played", lineterm=""))
    assert not difference, difference


def plain_environment() -> dict[str, str]:
    """A new user's environment: a PATH and a home, nothing of the tester's."""
    kept = ("HOME", "LANG", "PATH", "SSL_CERT_FILE", "XDG_CACHE_HOME")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _is_error(line: str) -> bool:
    return line.startswith(("error: ", "make: "))


def _masked(text: str) -> str:
    for pattern, word in _MASKS:
        text = pattern.sub(word, text)
    return text
