"""skops file: a model as skops wrote it, which names types but is no program.

skops lists what a file names before it makes anything of it, and has its own list of what is known.
"""

import io
import zipfile
from collections.abc import Collection
from typing import Any

from skops import io as skops_io

from modelport.bundles.allowed import idle_trust, strange_names
from modelport.bundles.pickles import LARGEST
from modelport.errors import BundleError


def read_skops(content: bytes, file: str, trust: Collection[str] = ()) -> Any:
    """Load the object that a skops file holds.

    Args:
        content: The file.
        file: Its name, for errors.
        trust: Types that the user trusts besides those that skops knows, as `module.name`.

    Raises:
        BundleError: it is none, or it names types that are not known, of which all are listed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(item.file_size for item in packed.infolist())
        named = set(skops_io.get_untrusted_types(data=content)) if size <= LARGEST else set[str]()
    except Exception as error:  # whatever the parts of a damaged file say
        raise _unreadable(file, error) from None
    if size > LARGEST:
        limit = f"{LARGEST // 1024**3} GiB"
        raise BundleError(f"{file} holds more than {limit} unpacked; save a smaller model")
    strange = sorted(named - set(trust))
    faults = [strange_names(file, strange)] if strange else []
    faults += idle_trust(file, trust, named)
    if faults:
        raise BundleError("\n".join(faults))
    try:
        return skops_io.loads(content, trusted=sorted(trust))
    except Exception as error:
        raise _unreadable(file, error) from None


def _unreadable(file: str, error: Exception) -> BundleError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return BundleError(
        f"{file} cannot be read as a skops file: {reason}; save the model again with skops.io.dump"
    )
