"""Conversion: the engine's messages become Python values once, and not once for each rule.

`pulumi_policy` 1.x converts a resource's properties anew for every policy of a pack
(`_PolicyAnalyzerServicer.Analyze`). With a hundred rules that is more than half of what a pack
costs, while the messages of one request never change.
"""

from types import ModuleType
from typing import Any

import pulumi_policy.policy
from google.protobuf import json_format
from google.protobuf.message import Message

_MOST = 4096
"""Messages that are remembered; a stack has two for each resource."""


class Conversions(ModuleType):
    """`google.protobuf.json_format`, which remembers what it has made of a message.

    What it answers must not be changed, and `pulumi_policy` only reads it.
    """

    def __init__(self) -> None:
        super().__init__(json_format.__name__)
        self._made: dict[int, tuple[Message, dict[str, Any]]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(json_format, name)

    def MessageToDict(self, message: Message) -> dict[str, Any]:  # noqa: N802 - protobuf's name
        """The message as `json_format` converts it; the same object for the same message."""
        known = self._made.get(id(message))
        # A message that is remembered is kept, so no other one can have its identity.
        if known is None or known[0] is not message:
            known = (message, json_format.MessageToDict(message))
            if len(self._made) >= _MOST:
                self._made = {}
            self._made[id(message)] = known
        return known[1]


def convert_once() -> None:
    """Let the policy SDK of this process remember conversions."""
    setattr(pulumi_policy.policy, "json_format", Conversions())  # noqa: B010 - no part of its types
