"""The plan of kind `local`: one server on this machine."""

from dataclasses import dataclass

from modelport.bundles import evaluate_gate
from modelport.config import Deployment
from modelport.errors import PlanError
from modelport.plan.context import PlanContext
from modelport_serving.record import BundleRecord

MONTHLY_USD = 0.0
"""The machine is there already: a local server adds nothing to the bill."""

Fact = str | int | float


@dataclass(frozen=True, slots=True)
class LocalPlan:
    """A local server, decided: the platform module turns it into resources line for line."""

    name: str
    stack: str
    environment: str
    owner: str
    bundle: str
    version: str
    host: str
    port: int
    workers: int
    memory_bytes: int
    log_bytes: int
    start_timeout: float
    max_body_bytes: int
    max_rows: int
    auth: str
    monthly_usd: float
    metric: str
    score: float
    baseline: float
    data_sha256: str
    pinned: bool

    def facts(self) -> dict[str, Fact]:
        """What the preview's diff and the policies see; never a secret."""
        return {
            "target": "local",
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
            "auth": self.auth,
            "host": self.host,
            "port": self.port,
            "workers": self.workers,
            "monthly_usd": self.monthly_usd,
        }


def plan_local(
    name: str, config: Deployment, record: BundleRecord, context: PlanContext
) -> LocalPlan:
    """Decide everything about one local deployment.

    Args:
        name: Deployment name.
        config: What the user wrote.
        record: The bundle that it resolved to.
        context: The stack.

    Raises:
        PlanError: with every reason at once.
    """
    refusals = list(_refusals(config, record, context))
    if refusals:
        raise PlanError("\n".join(f"{name}: {refusal}" for refusal in refusals))
    target = config.target
    evaluation = record.evaluation
    return LocalPlan(
        name=name,
        stack=context.stack,
        environment=context.environment,
        owner=config.owner,
        bundle=record.name,
        version=record.version,
        host=target.host,
        port=target.port,
        workers=target.workers,
        memory_bytes=target.memory_megabytes * 2**20,
        log_bytes=target.log_megabytes * 2**20,
        start_timeout=float(target.start_timeout),
        max_body_bytes=config.serving.max_body_bytes,
        max_rows=config.serving.max_rows,
        auth=config.auth,
        monthly_usd=MONTHLY_USD,
        metric=evaluation.primary,
        score=evaluation.metrics[evaluation.primary],
        baseline=evaluation.baseline[evaluation.primary],
        data_sha256=record.lineage.data_sha256,
        pinned=config.bundle_version is not None,
    )


def _refusals(config: Deployment, record: BundleRecord, context: PlanContext) -> list[str]:
    found: list[str] = []
    if config.auth == "none" and not config.target.loopback:
        found.append(
            f"auth: none on {config.target.host} would let everyone on the network in; "
            "write auth: api_key, or host: 127.0.0.1"
        )
    if context.environment == "prod" and config.bundle_version is None:
        found.append(
            f"prod must name a digest, so that nothing changes unseen; "
            f"write bundle: {record.name}@{record.version}"
        )
    verdict = evaluate_gate(config.gate, record.evaluation)
    if not verdict.passed:
        found.append(
            f"{record.name}@{record.version} did not pass its gate: {'; '.join(verdict.reasons)}"
        )
    limit = config.limits.monthly_usd
    if limit is not None and limit < MONTHLY_USD:
        found.append(f"{MONTHLY_USD:.2f} USD a month is over limits.monthly_usd ({limit:.2f})")
    return found
