"""What the plans of all kinds share: who, what, which scores; and what no kind accepts."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from packaging.utils import canonicalize_name

from modelport.bundles import evaluate_gate
from modelport.config import Deployment
from modelport.config.deployment import Serving
from modelport.feasibility import grpc_refusal, judge, tightest
from modelport.plan.access import OWN, access_refusals, auth_of
from modelport.plan.context import PlanContext
from modelport_serving import oidc as tokens
from modelport_serving import telemetry as spans
from modelport_serving.capture import capture_faults
from modelport_serving.fallback import fallback_faults
from modelport_serving.oidc import Oidc
from modelport_serving.record import BundleRecord
from modelport_serving.settings import LIBRARIES

Fact = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentPlan:
    """One deployment, decided: a platform module turns it into resources line for line."""

    name: str
    stack: str
    environment: str
    kind: str
    """Kind of target."""
    owner: str
    bundle: str
    version: str
    pinned: bool
    metric: str
    score: float
    baseline: float
    data_sha256: str
    rollout: str | dict[str, Any]
    auth: str
    oidc: Oidc | None
    """Which tokens let a caller in; none where callers send none."""
    fallback_version: str
    """Previous version that answers when the model does not; empty where none does."""
    limit: str
    """The limit of the platform that the workload uses up most; empty when nothing is known."""
    serving: Serving
    """How requests are taken."""
    monthly_usd: float

    @property
    def own_auth(self) -> bool:
        """Whether the service itself asks who calls: the platform then lets everyone through."""
        return self.auth in OWN

    def facts(self) -> dict[str, Fact]:
        """What the preview's diff and the policies see; never a secret."""
        return {
            "target": self.kind,
            "environment": self.environment,
            "owner": self.owner,
            "bundle": self.bundle,
            "version": self.version,
            "pinned": self.pinned,
            "evaluation": "passed",
            "metric": self.metric,
            "score": round(self.score, 4),
            "baseline": round(self.baseline, 4),
            "data_sha256": self.data_sha256,
            "rollout": self.rollout if isinstance(self.rollout, str) else next(iter(self.rollout)),
            "auth": self.auth,
            "monthly_usd": self.monthly_usd,
            **({"oidc": str(self.oidc)} if self.oidc else {}),
            **({"fallback_version": self.fallback_version} if self.fallback_version else {}),
            **({"limit": self.limit} if self.limit else {}),
            **_optional(self.serving),
        }


def plan_deployment(
    name: str,
    config: Deployment,
    record: BundleRecord,
    context: PlanContext,
    *,
    monthly_usd: float,
    options: Collection[str] = (),
) -> dict[str, Any]:
    """The fields of a `DeploymentPlan`, for the plan of a kind to add its own.

    Args:
        name: Deployment name.
        config: What the user wrote.
        record: The bundle that it resolved to.
        context: The stack.
        monthly_usd: Price in USD a month of 730 hours.
        options: Ways of using the platform that change its limits.
    """
    evaluation = record.evaluation
    rollout = config.rollout
    limit = tightest(config.kind, config.workload, options)
    return asdict(
        DeploymentPlan(
            name=name,
            stack=context.stack,
            environment=context.environment,
            kind=config.kind,
            owner=config.owner,
            bundle=record.name,
            version=record.version,
            pinned=config.bundle_version is not None,
            metric=evaluation.primary,
            score=evaluation.metrics[evaluation.primary],
            baseline=evaluation.baseline[evaluation.primary],
            data_sha256=record.lineage.data_sha256,
            rollout=rollout if isinstance(rollout, str) else rollout.model_dump(mode="json"),
            auth=auth_of(config),
            oidc=config.oidc,
            fallback_version=_fallback_version(config.serving, record),
            limit=limit.text.removeprefix("limit: ") if limit else "",
            serving=config.serving,
            monthly_usd=monthly_usd,
        )
    )


def refusals(
    name: str,
    config: Deployment,
    record: BundleRecord,
    context: PlanContext,
    *,
    monthly_usd: float,
    physical_name: str | None = None,
    options: Collection[str] = (),
) -> list[str]:
    """Why a deployment is refused on every kind of target; empty when it is not.

    Args:
        name: Deployment name.
        config: What the user wrote.
        record: The bundle that it resolved to.
        context: The stack.
        monthly_usd: Price in USD a month of 730 hours.
        physical_name: Its name on the platform; left out, its own.
        options: Ways of using the platform that change its limits.
    """
    found = access_refusals(config)
    if context.environment == "prod" and config.bundle_version is None:
        found.append(
            "prod must name a digest, so that nothing changes unseen "
            "(rule bundle-pinned-in-prod); "
            f"write bundle: {record.name}@{record.version}"
        )
    verdict = evaluate_gate(config.gate, record.evaluation)
    if not verdict.passed:
        found.append(
            f"{record.name}@{record.version} did not pass its gate: {'; '.join(verdict.reasons)}"
        )
    found += _serving_refusals(config, record)
    found += _carried_refusals(config, record)
    limit = config.limits.monthly_usd
    if limit is not None and limit < monthly_usd:
        found.append(f"{monthly_usd:.2f} USD a month is over limits.monthly_usd ({limit:.2f})")
    judged = judge(config.kind, config.workload, name=physical_name or name, options=options)
    return [*found, *judged.refusals]


def _fallback_version(serving: Serving, record: BundleRecord) -> str:
    previous = record.lineage.previous
    wanted = serving.fallback is not None and serving.fallback.previous
    return previous.version if wanted and previous else ""


def _optional(serving: Serving) -> dict[str, Fact]:
    parts = {
        "fallback": serving.fallback,
        "capture": serving.capture,
        "rate_limit": serving.rate_limit,
        "telemetry": serving.telemetry,
    }
    return {name: str(part) for name, part in parts.items() if part}


def _carried_refusals(config: Deployment, record: BundleRecord) -> list[str]:
    """What a deployment asks of its bundle's server that the bundle has no library for."""
    serving = config.serving
    asked = {
        "auth.oidc": tokens.DISTRIBUTIONS if config.oidc else (),
        **{f"serving.protocols: {name}": LIBRARIES.get(name, ()) for name in serving.protocols},
        "serving.telemetry": spans.DISTRIBUTIONS if serving.telemetry else (),
    }
    carried = {canonicalize_name(name) for name in record.requirements or record.lineage.libraries}
    lacking = {
        place: needed
        for place, needed in asked.items()
        if not {canonicalize_name(name) for name in needed} <= carried
    }
    if not lacking:
        return []
    names = sorted({name for needed in lacking.values() for name in needed})
    written = ", ".join(f'"{name}"' for name in names) + ("," if len(names) == 1 else "")
    said = (
        f"{' and '.join(lacking)}: {record.name}@{record.version} does not carry what its server "
        f"needs for it; write service_requirements=({written}) in "
        f"bentos/{record.name}/training.py, then run: modelport build {record.name}"
    )
    return [said]


def _serving_refusals(config: Deployment, record: BundleRecord) -> list[str]:
    serving = config.serving
    found: list[str] = []
    if "grpc" in serving.protocols and (refused := grpc_refusal(config.kind)):
        found.append(refused)
    if serving.fallback:
        faults = fallback_faults(serving.fallback, record)
        found += [f"serving.fallback.{fault}" for fault in faults]
    if serving.capture:
        faults = capture_faults(serving.capture, record.signature)
        found += [f"serving.capture.{fault}" for fault in faults]
    return found
