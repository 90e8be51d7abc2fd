"""Marks: what makes inventions recognisable, so that nobody takes them for real."""

import hashlib
import json
import re
from typing import Final, cast

from modelport.provider.wire import Asset, Json

AWS_ACCOUNT: Final = "000000000000"
"""No real AWS account; also the number of every Google Cloud project."""
GCP_PROJECT: Final = "offline-project"
"""Google Cloud project where none is configured."""
ZERO_GUID: Final = "00000000-0000-0000-0000-000000000000"
"""Azure subscription and tenant."""
PREFIX: Final = "0ff11e"
"""What made-up hex ids begin with."""
DOMAIN: Final = "offline.invalid"
"""What host names end in; `.invalid` never resolves (RFC 6761)."""
TIME: Final = "2024-01-01T00:00:00Z"
"""When everything happened."""
_MARKED: Final = re.compile(
    rf"{PREFIX}|{AWS_ACCOUNT}|{GCP_PROJECT}|{ZERO_GUID}|\b{re.escape(DOMAIN)}\b", re.IGNORECASE
)


def is_offline_id(text: str) -> bool:
    """Whether an id, an ARN, an address or a host name was invented offline.

    Names that the program chose carry no mark (a bucket's id is its name).
    """
    return _MARKED.search(text) is not None


def seed(*parts: Json) -> str:
    """One text for what an invention depends on; the same on every machine.

    Of files and archives the hash counts, not the path where they lie.
    """
    return json.dumps([_stable(part) for part in parts], sort_keys=True, separators=(",", ":"))


def digest(text: str, length: int = 64) -> str:
    """So many hex digits (at most 64) that follow from `text`, unmarked."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def hex_id(text: str, length: int = 17) -> str:
    """A marked id of so many hex digits."""
    return (PREFIX + digest(text))[:length]


def guid(text: str) -> str:
    """A marked GUID (version 4 by its form)."""
    tail = digest(text)
    return f"{PREFIX}{tail[:2]}-{tail[2:6]}-4{tail[6:9]}-8{tail[9:12]}-{tail[12:24]}"


def number(text: str, low: int, high: int) -> int:
    """A number from `low` to `high`, both included."""
    return low + int(digest(text, 12), 16) % (high - low + 1)


def host(name: str) -> str:
    """A host name that cannot exist."""
    return name if name.endswith(DOMAIN) else f"{name}.{DOMAIN}"


def _stable(value: Json) -> Json:
    if isinstance(value, Asset):
        fields = dict(value.fields)
        return fields.get("hash") or fields.get("text") or fields.get("uri") or ""
    if isinstance(value, dict):
        entries = cast("dict[str, Json]", value)
        return {key: _stable(item) for key, item in entries.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [_stable(item) for item in cast("list[Json]", value)]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
