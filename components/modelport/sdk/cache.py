"""Cache of what was read from SDKs: one small file for each type, in the user's cache folder.

A file is complete or not there; one that cannot be read or written is done without.
"""

import json
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

from modelport.files import write_whole
from modelport.home import user_folder
from modelport.sdk import packages
from modelport.sdk.types import Json

Value = TypeVar("Value")


def cache_folder(package: str) -> Path:
    """Folder of one SDK: `$XDG_CACHE_HOME/modelport/sdk/<package>-<version>-<format>`.

    The format changes with this reader, so that it never meets what an older one kept.

    Raises:
        SdkMissingError: the SDK is not installed.
        RuntimeError: the user has no home folder.
    """
    base = user_folder("XDG_CACHE_HOME", ".cache")
    return base / "modelport" / "sdk" / f"{package}-{packages.version(package)}-{_format()}"


def cached(
    package: str,
    kind: str,
    name: str,
    read: Callable[[], Value],
    encode: Callable[[Value], Json],
    decode: Callable[[Json], Value],
) -> Value:
    """What was kept under `kind` and `name`; else what `read` gives, kept for the next time."""
    try:
        path = cache_folder(package) / kind / f"{_file_name(name)}.json"
    except RuntimeError:
        return read()
    with suppress(OSError, ValueError, RecursionError):
        match json.loads(path.read_bytes()):
            case [str(owner), data] if owner == name:  # another name may share the file
                return decode(data)
            case _:
                pass
    value = read()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps([name, encode(value)], separators=(",", ":"))
        write_whole(path, text.encode())
    return value


@cache
def _format() -> str:
    """Checksum of the reader's own source: another reader may find something else."""
    checksum = 0
    for path in sorted(Path(__file__).parent.glob("*.py")):
        checksum = zlib.crc32(path.read_bytes(), checksum)
    return f"{checksum:08x}"


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)
