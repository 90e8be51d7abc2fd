"""A page of the documentation that a script writes."""

from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]


def write_or_check(page: Path, text: str, script: str, arguments: Sequence[str]) -> int:
    """Write the page, or with `--check` only say whether it is stale; the exit status."""
    if "--check" not in arguments:
        page.write_text(text)
        return 0
    if page.is_file() and page.read_text() == text:
        return 0
    name = page.relative_to(ROOT).as_posix()
    print(f"{name} is stale; run: .venv/bin/python scripts/{script}")
    return 1
