"""Built: what a handler needs of a built bundle."""

from pathlib import Path

from modelport.bundles.store import bento_path
from modelport.errors import BundleError
from modelport.home import Home
from modelport_serving.record import BundleRecord, Golden, read_golden, read_record


def built(home: Home, name: str, version: str) -> tuple[BundleRecord, Golden, Path]:
    """Record, golden answers and folder of a built bundle.

    Raises:
        BundleError: it is not built here, or cannot be read.
    """
    bento = bento_path(home, name, version)
    try:
        return read_record(bento / "src"), read_golden(bento / "src"), bento
    except (OSError, ValueError) as error:
        message = f"bundle {name}@{version} cannot be read: {error}"
        raise BundleError(message) from None
