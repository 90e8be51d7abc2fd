"""Errors about SDKs and what they hold."""

import difflib
from collections.abc import Iterable

from modelport.errors import ModelportError


class SdkMissingError(ModelportError):
    """A package has no SDK that can be read here."""


class UnknownTokenError(ModelportError):
    """An SDK has no such resource type or function."""

    def __init__(self, token: str, kind: str, sdk: str, known: Iterable[str]) -> None:
        """Name the known token that is nearest to `token`."""
        # Without the package: it is the same in all of them and would make everything alike.
        ends = {name.partition(":")[2]: name for name in known}
        near = difflib.get_close_matches(token.partition(":")[2], ends, n=1, cutoff=0.7)
        fix = f"; did you mean {ends[near[0]]}?" if near else ""
        super().__init__(f"{token}: no such {kind} in {sdk}{fix}")
