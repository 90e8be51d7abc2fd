"""Files that are there whole or not at all, whoever reads or dies meanwhile."""

import os
import secrets
from pathlib import Path

DRAFT = ".part-"
"""Names of unfinished files begin with it; what a killed process left can be removed."""


def write_whole(
    path: Path,
    content: bytes,
    *,
    mode: int | None = None,
    sync: bool = False,
    drafts: Path | None = None,
) -> None:
    """Write a file beside its place, then put it there; raises `OSError`.

    Args:
        path: The file; its folder is there.
        content: All of it.
        mode: Its permissions; none: what the process gives new files.
        sync: Whether it must outlive the machine's end.
        drafts: Folder of the unfinished file, on the same file system; none: the file's own.
    """
    # Others may write the same file now, and readers may take what has its extension.
    draft = (drafts or path.parent) / f"{DRAFT}{secrets.token_hex(8)}"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(draft, flags, 0o666 if mode is None else 0o600), "wb") as file:
            file.write(content)
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
