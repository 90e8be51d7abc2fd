"""Types of the cloud SDKs, read from the installed packages without importing them.

A type is read when it is first asked for (1 to 70 ms) and then kept in memory and in the user's
cache folder (`cache.py`).
"""

from modelport.sdk.errors import SdkMissingError, UnknownTokenError
from modelport.sdk.packages import PACKAGES, installed, tokens, version
from modelport.sdk.schemas import function, functions, members, nested, resource

__all__ = [
    "PACKAGES",
    "SdkMissingError",
    "UnknownTokenError",
    "function",
    "functions",
    "installed",
    "members",
    "nested",
    "resource",
    "tokens",
    "version",
]
