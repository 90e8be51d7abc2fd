"""Lineage: the commit that a bundle's sources came from."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

_TIMEOUT = 10


def source_commit(folders: Sequence[Path]) -> str | None:
    """The commit that is checked out where `folders` lie.

    Args:
        folders: Source folders; the first decides which repository is meant.

    Returns:
        The commit's hash, with `-dirty` at its end when files in `folders` differ from it; None
        outside a repository, without any commit or without git.
    """
    commit = _git(folders[0], "rev-parse", "--verify", "--quiet", "HEAD")
    top = _git(folders[0], "rev-parse", "--show-toplevel")
    if not commit or not top:
        return None
    inside = [str(folder) for folder in folders if folder.is_relative_to(top)]
    # Relative to nothing but the repository: an installed runtime lies outside of it.
    changed = _git(Path(top), "status", "--porcelain", "--untracked-files=all", "--", *inside)
    return commit if changed == "" else f"{commit}-dirty"


def _git(folder: Path, *arguments: str) -> str | None:
    """The output of a git command without the line's end; None when it fails."""
    # Git sets these in its hooks, where they would name another repository than the folder's.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
            env=environment | {"GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
