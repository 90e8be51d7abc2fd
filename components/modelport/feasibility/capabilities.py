"""Capabilities: what a platform can do, one row of `tables/capabilities.csv` each."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from modelport.errors import PlanError
from modelport.feasibility.kinds import known_kind, nearest_first
from modelport.feasibility.sources import Grade, Source, read_table, sources

Value = Literal["yes", "no", "partly"]

ROLLOUTS = {
    "all_at_once": (),
    "rolling": ("blue_green", "canary", "all_at_once"),
    "blue_green": ("canary", "rolling", "all_at_once"),
    "canary": ("blue_green", "rolling", "all_at_once"),
    "shadow": ("canary", "blue_green", "rolling", "all_at_once"),
}
"""The words of `rollout`, each with what comes nearest to it."""

CAPABILITIES = (
    *ROLLOUTS,
    "scale_to_zero", "gpu", "tpu", "private_network", "public_endpoint", "autoscaling", "spot",
    "custom_domain", "own_authentication", "platform_authentication", "data_capture",
    "customer_managed_key", "streaming", "grpc", "batch", "multi_arch",
)  # fmt: skip
"""Every capability, in the order of the matrix."""


@dataclass(frozen=True, slots=True)
class Capability:
    """Whether one kind of target can do one thing."""

    kind: str
    name: str
    value: Value
    sentence: str
    """How, or why not."""
    source: Source
    grade: Grade


@cache
def capabilities() -> dict[tuple[str, str], Capability]:
    """Every capability by kind and name."""
    return {
        (row["kind"], row["capability"]): Capability(
            row["kind"],
            row["capability"],
            cast("Value", row["value"]),
            row["sentence"],
            sources()[row["source"]],
            cast("Grade", row["grade"]),
        )
        for row in read_table("capabilities.csv")
    }


def capability(kind: str, name: str) -> Capability:
    """Whether a kind of target can do something.

    Raises:
        PlanError: the kind or the capability is not known.
    """
    known_kind(kind)
    if name not in CAPABILITIES:
        message = f"{name}: no capability in the table; known: {', '.join(CAPABILITIES)}"
        raise PlanError(message)
    return capabilities()[kind, name]


def rollout_refusal(kind: str, word: str) -> str | None:
    """Why a platform cannot hold a rollout, with its source and what is nearest; None if it can.

    Args:
        kind: Kind of target.
        word: `all_at_once`, `rolling`, `blue_green`, `canary` or `shadow`.

    Raises:
        PlanError: the kind or the word is not known.
    """
    asked = capability(kind, word)
    if asked.value != "no":
        return None
    nearest = next(near for near in ROLLOUTS[word] if capability(kind, near).value != "no")
    able = _nearest_kind(kind, word, ("yes", "partly"))
    elsewhere = f"; the nearest target with {word} is {able}" if able else ""
    return (
        f"rollout {word}: {kind} does not have it, {asked.sentence} ({asked.source}); "
        f"the nearest that {kind} has is {nearest}{elsewhere}"
    )


def grpc_refusal(kind: str) -> str | None:
    """Why a kind of target cannot pass gRPC on, with source and what is nearest; None if it can.

    Raises:
        PlanError: the kind is not known.
    """
    asked = capability(kind, "grpc")
    if asked.value == "yes":
        return None
    return (
        f"serving.protocols: grpc is not on {kind}: {asked.sentence} ({asked.source}); "
        f"the nearest target with it is {_nearest_kind(kind, 'grpc', ('yes',))}; "
        "v2 is the same protocol over HTTP"
    )


def _nearest_kind(kind: str, name: str, values: Collection[Value]) -> str | None:
    able = (other.name for other in nearest_first(kind))
    return next((other for other in able if capability(other, name).value in values), None)
