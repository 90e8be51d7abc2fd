"""What the plans of all clouds share: names, revision, tags, access, price."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from modelport.config import (
    Canary,
    CloudTarget,
    Deployment,
    Shadow,
    ShadowRollout,
    Target,
)
from modelport.config.rollout import Rollout, Signal
from modelport.errors import PlanError
from modelport.feasibility import judge, rollout_refusal, tightest
from modelport.plan.context import PlanContext
from modelport.plan.deployment import DeploymentPlan, Fact, plan_deployment, refusals
from modelport.plan.names import physical_name
from modelport.prices import Case, Parts, PriceBook, Scale, Workload, estimate_range, facts
from modelport_serving.record import BundleRecord

USUAL_MILLISECONDS = 100.0
"""How long a prediction takes where `workload.p99` does not say it."""
IMAGE_GB = 0.6
"""Size of an image with scikit-learn, as built from a slim Python; to price its storage."""
_SMALL = 1024
"""Bytes of a request or an answer of which nothing is said."""
_UNMEASURED: frozenset[Signal] = frozenset({"drift"})

TargetT = TypeVar("TargetT", bound=Target)


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudPlan(DeploymentPlan):
    """One deployment on a cloud, decided."""

    region: str
    """Region, in the cloud's words; empty where there is none."""
    physical_name: str
    """Name of the endpoint on its platform, and beginning of the names around it."""
    revision: str
    """Name of this model version with these settings: `r` and 9 hex digits."""
    fingerprint: str
    """Changes whenever anything in the plan does; 16 hex digits."""
    exposure: str
    domain: str | None
    secrets: dict[str, str]
    tags: dict[str, str]
    """Tags or labels of everything: lower-case keys and values of letters, digits, `-`, `_`."""
    size: str
    """What one instance is, in the platform's words."""
    replicas_min: int
    replicas_max: int
    p99_seconds: float | None
    costs: dict[str, Fact]
    """Facts of the price, see `modelport.prices.facts`."""
    notes: tuple[str, ...]
    """What a reader should know, one sentence each."""

    def facts(self) -> dict[str, Fact]:
        """What the preview's diff and the policies see; never a secret."""
        found: dict[str, Fact] = {
            **DeploymentPlan.facts(self),
            **self.costs,
            "name": self.physical_name,
            "revision": self.revision,
            "exposure": self.exposure,
            "size": self.size,
            "replicas": f"{self.replicas_min} to {self.replicas_max}",
        }
        if self.region:
            found["region"] = self.region
        if self.domain:
            found["domain"] = self.domain
        if self.notes:
            found["notes"] = "; ".join(self.notes)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudDecision:
    """What the plan of a kind decides itself; the rest follows from it and the config."""

    size: str
    """What one instance is, in the platform's words."""
    scale: Scale
    """How many instances there may be."""
    price: Callable[[Case], Parts]
    """Everything that the kind makes and that costs something."""
    settings: Mapping[str, Any]
    """What makes a revision beside the model: size, image, limits; plain JSON values."""
    options: Collection[str] = ()
    """Ways of using the platform that change its limits, e.g. `http_api`."""
    refusals: tuple[str, ...] = ()
    """Why the kind refuses it, one sentence each."""
    notes: tuple[str, ...] = ()
    """What a reader should know."""
    shadows: bool = False
    """Whether the kind copies requests to a new revision."""
    name_room: int = 0
    """Characters of the physical name to leave for what is put behind it."""
    region: str | None = None
    """Region of the price book when it is not the target's."""


def target_of(config: Deployment, model: type[TargetT]) -> TargetT:
    """The deployment's target as the model of a kind.

    Raises:
        PlanError: it is of another kind.
    """
    if not isinstance(config.target, model):
        message = f"target.kind is {config.kind}, not that of {model.__name__}"
        raise PlanError(message)
    return config.target


def plan_cloud(
    name: str,
    config: Deployment,
    record: BundleRecord,
    context: PlanContext,
    decision: CloudDecision,
) -> dict[str, Any]:
    """The fields of a `CloudPlan`, for the plan of a kind to add its own.

    Raises:
        PlanError: with every reason at once.
    """
    target = config.target
    region = target.region if isinstance(target, CloudTarget) else ""
    physical = physical_name(config.kind, name, context.stack, room=decision.name_room)
    costs = _costs(config, decision.region or region, decision)
    monthly = float(costs["monthly_usd"])
    refused = [
        *decision.refusals,
        *refusals(
            name,
            config,
            record,
            context,
            monthly_usd=monthly,
            physical_name=physical,
            options=decision.options,
        ),
        *_rollout_refusals(config.kind, config.rollout, shadows=decision.shadows),
    ]
    if refused:
        raise PlanError("\n".join(f"{name}: {reason}" for reason in refused))
    fields = plan_deployment(
        name, config, record, context, monthly_usd=monthly, options=decision.options
    )
    settings = {**decision.settings, **({"oidc": str(config.oidc)} if config.oidc else {})}
    revision = "r" + _digest([record.version, config.serving.settings, settings])[:9]
    judged = judge(config.kind, config.workload, name=physical, options=decision.options)
    return fields | {
        "limit": _limit(config, decision.options),
        "region": region,
        "physical_name": physical,
        "revision": revision,
        "fingerprint": _digest([fields, revision, config.model_dump(mode="json")])[:16],
        "exposure": config.exposure,
        "domain": config.domain,
        "secrets": dict(config.secrets),
        "tags": _tags(config, context, name, decision.scale),
        "size": decision.size,
        "replicas_min": decision.scale.minimum,
        "replicas_max": decision.scale.maximum,
        "p99_seconds": config.workload.p99_seconds,
        "costs": costs,
        "notes": (*decision.notes, *_reached(config), *judged.warnings),
    }


def _reached(config: Deployment) -> list[str]:
    """What the service itself must be able to reach, which nothing here can prove."""
    telemetry = config.serving.telemetry
    asked = {
        "the keys of its callers' tokens": config.oidc.issuer if config.oidc else "",
        "its spans": telemetry.otlp_endpoint if telemetry else "",
    }
    return [f"must reach {place} for {what}" for what, place in asked.items() if place]


def _costs(config: Deployment, region: str, decision: CloudDecision) -> dict[str, Fact]:
    """Facts of the price; what it is at least and at most only where a rate is configured."""
    workload = config.workload
    case = Case(
        book=PriceBook.default(),
        provider=config.kind.partition(".")[0],
        region=region,
        workload=Workload(
            requests=workload.requests_per_month or 0,
            milliseconds=(workload.p99_seconds or USUAL_MILLISECONDS / 1000) * 1000,
            request_bytes=workload.payload_bytes or _SMALL,
            response_bytes=workload.answer_bytes or _SMALL,
            rate=workload.rate or 0,
        ),
        scale=decision.scale,
    )
    expected, low, high = estimate_range(case, decision.price)
    found = facts(expected)
    if workload.rate:
        found |= {"low_usd": round(low, 2), "high_usd": round(high, 2)}
    return dict(found)


def _limit(config: Deployment, options: Collection[str]) -> str:
    """The limit that is used up most, by what is known and by the largest request accepted."""
    workload = config.workload
    if workload.payload is None:
        accepted = f"{config.serving.max_body_bytes} B"
        workload = workload.model_copy(update={"payload": accepted})
    found = tightest(config.kind, workload, options)
    return found.text.removeprefix("limit: ") if found else ""


def _rollout_refusals(kind: str, rollout: Rollout, *, shadows: bool) -> list[str]:
    if isinstance(rollout, str):
        reason = rollout_refusal(kind, rollout)
        return [reason] if reason else []
    if isinstance(rollout, ShadowRollout):
        reason = rollout_refusal(kind, "shadow")
        if reason or not shadows:
            return [
                reason or f"rollout shadow: not on {kind} in this version; the nearest is canary"
            ]
        return _unmeasured(kind, rollout.shadow)
    reason = rollout_refusal(kind, "canary")
    return [reason] if reason else _unmeasured(kind, rollout.canary)


def _unmeasured(kind: str, watched: Canary | Shadow) -> list[str]:
    return [
        f"nothing on {kind} measures '{signal}'; abort_on has error_rate, golden, p99"
        for signal in watched.abort_on
        if signal in _UNMEASURED
    ]


def _tags(config: Deployment, context: PlanContext, name: str, scale: Scale) -> dict[str, str]:
    tags = {
        "managed-by": "modelport",
        "deployment": name,
        "environment": context.environment,
        "stack": _label(context.stack),
        "owner": _label(config.owner),
    }
    if config.exposure == "public":
        tags["exposure"] = "public"  # by this policies know that somebody meant it
    if scale.minimum == scale.maximum:
        tags["scaling"] = "fixed"  # and that nothing counts the machines
    if config.cost_center:
        tags["cost-center"] = config.cost_center
    return tags


def _label(text: str) -> str:
    """A text as a label of every cloud takes it."""
    plain = "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in text.lower())
    return plain.strip("-")[:63] or "unknown"


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
