"""What the resources of every kind come down to: an endpoint that was read back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint, as components publish it."""

    url: pulumi.Output[str]
    """Its address; where the platform's API must be called, that API's."""
    call: pulumi.Output[str]
    """A shell command that asks for one prediction."""
    log: pulumi.Output[str]
    """Where its log is: a path, or a command that shows it."""
    verified: pulumi.Output[str]
    """What was proved when it was last deployed."""
    releases: pulumi.Output[list[dict[str, str]]]
    """Versions that were live, each with the time from which it was; the last one is live."""
    names: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    """What finds the live service on its platform; see `modelport.live`."""
    key: pulumi.Output[str] | None = None
    """The key that callers send, secret; none where the platform knows them."""


def given(part: BaseModel | None) -> dict[str, Any] | None:
    """An optional part of the config as an input of a resource: what was written of it."""
    return part.model_dump(mode="json", exclude_defaults=True) if part else None
