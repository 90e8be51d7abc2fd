"""Rollouts: how a new version takes over; the same words on every target."""

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from modelport.config.base import Model

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def seconds(duration: str) -> int:
    """A duration such as `90s`, `10m` or `1h30m` in seconds.

    Raises:
        ValueError: it is none.
    """
    found = _DURATION.fullmatch(duration)
    if not duration or found is None:
        message = "should be a duration with units, e.g. 30s, 10m or 1h30m"
        raise ValueError(message)
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest


def _duration(value: object) -> object:
    if not isinstance(value, str):
        message = f"should be a duration with units, e.g. {value}s"
        raise ValueError(message)  # noqa: TRY004 - pydantic reads ValueError
    if not 1 <= seconds(value) <= 86400:
        message = "should be from 1s to 24h"
        raise ValueError(message)
    return value


Duration = Annotated[str, BeforeValidator(_duration)]
"""Time with units, `1s` to `24h`."""
Percent = Annotated[int, Field(ge=1, le=99)]
Signal = Literal["error_rate", "p99", "golden", "drift"]


class Canary(Model):
    """A growing, exactly counted share of requests goes to the new version while it is watched."""

    steps: Annotated[tuple[Percent, ...], Field(min_length=1, max_length=20)] = (5, 25, 50)
    """Shares in percent, growing; after the last one the new version takes everything."""
    bake: Duration = "10m"
    """Time that each step is watched, e.g. `30s`, `10m`."""
    abort_on: Annotated[tuple[Signal, ...], Field(min_length=1)] = ("error_rate", "p99", "golden")
    """What ends the rollout: more errors, slower answers, wrong golden answers, drift."""
    max_error_rate: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Share of failed requests, above that of the live version, that is accepted."""
    max_p99_ratio: Annotated[float, Field(ge=1, le=100)] = 2.0
    """The new version's p99 latency may be this many times that of the live version."""

    @model_validator(mode="after")
    def _growing(self) -> Self:
        if list(self.steps) != sorted(set(self.steps)):
            message = f"steps must grow; write {sorted(set(self.steps))}"
            raise ValueError(message)
        return self


class Shadow(Model):
    """A share of requests is copied to the new version; callers get the live version's answers."""

    percent: Annotated[int, Field(ge=1, le=100)] = 10
    """Share of requests that is copied, 1 to 100."""
    bake: Duration = "10m"
    """Time that the new version is watched before it takes over."""
    abort_on: Annotated[tuple[Signal, ...], Field(min_length=1)] = ("error_rate", "p99", "golden")
    """What ends the rollout."""
    max_error_rate: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Share of failed requests, above that of the live version, that is accepted."""
    max_p99_ratio: Annotated[float, Field(ge=1, le=100)] = 2.0
    """The new version's p99 latency may be this many times that of the live version."""


class CanaryRollout(Model):
    """`rollout: {canary: …}`."""

    canary: Canary
    """Step by step, watched."""


class ShadowRollout(Model):
    """`rollout: {shadow: …}`."""

    shadow: Shadow
    """Copied requests first."""


Word = Literal["all_at_once", "rolling", "blue_green"]


def _kind(value: object) -> str:
    for key, model in (("canary", CanaryRollout), ("shadow", ShadowRollout)):
        if isinstance(value, model) or (isinstance(value, dict) and key in value):
            return f"<{key}>"
    if isinstance(value, dict):
        # A misspelt key: judge it as what it most likely is, so that the message names that.
        return "<shadow>" if any(str(key).startswith("s") for key in value) else "<canary>"
    return "<word>"


Rollout = Annotated[
    Annotated[Word, Tag("<word>")]
    | Annotated[CanaryRollout, Tag("<canary>")]
    | Annotated[ShadowRollout, Tag("<shadow>")],
    Discriminator(_kind),
]
"""`all_at_once`, `rolling`, `blue_green`, `{canary: {…}}` or `{shadow: {…}}`."""
