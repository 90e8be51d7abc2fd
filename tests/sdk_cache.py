"""Memory of the SDK reader, for tests of what lies behind it."""

from modelport import sdk
from modelport.sdk import schemas


def forget() -> None:
    """Empty the memory, so that the next question goes to the disk or the SDK."""
    for remembered in (sdk.resource, sdk.function, sdk.nested, sdk.members, schemas.catalogue):
        remembered.cache_clear()
