"""Texts of the engine's, without colours, its own framing and paths of one machine."""

import re

_COLOUR = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")
_PATH = re.compile(r"(?<![\w/:.~-])/(?:[^\s/:'\"<>|`]+/)+([^\s/:'\"<>|`]*)")
_VALUE = re.compile(r"(property \S+) value \{.*\} has a problem: ", re.DOTALL)
"""How the engine frames what a provider says of one input; it prints the value, secret or not."""
_REFUSED = re.compile(
    r"(\S+) resource '([^']*)': property (.+?) value \{.*\} has a problem: (.*)", re.DOTALL
)
"""The same frame with all that stands around it."""


def readable_error(text: str) -> str:
    """An error without the engine's frame, a refused input as one short sentence."""
    plain = text.strip().removeprefix("error: ")
    return _REFUSED.sub(r"\1 '\2': \3: \4", plain) if _REFUSED.fullmatch(plain) else plain


def clean(text: str) -> str:
    """A text without colours and outer blanks."""
    return _COLOUR.sub("", text).strip()


def without_values(text: str) -> str:
    """A provider's refusal of an input without the engine's print of the whole input."""
    return _VALUE.sub(r"\1: ", text)


def is_summary(text: str) -> bool:
    """Whether the engine only says that something failed, after having said what."""
    return (
        text in {"update failed", "preview failed", "resource monitor shut down"}
        or "program exited with non-zero exit code" in text.lower()
        # The program lost the engine, which had ended for a reason of its own.
        or ("StatusCode.UNAVAILABLE" in text and "failed to connect to all addresses" in text)
        or text.startswith("Exception calling application: <_InactiveRpcError")
        or "Resource monitor has terminated" in text
    )


def without_paths(text: str) -> str:
    """A text in which absolute paths are down to their last part."""
    return _PATH.sub(r"…/\1", text)
