"""The plan of kind `gcp.functions`: sizes, access, refusals, price."""

from dataclasses import dataclass

from modelport.config import Deployment
from modelport.config.targets.gcp.functions import FunctionsTarget
from modelport.plan import CloudDecision, PlanContext, plan_cloud, target_of
from modelport.platforms.gcp.plan import GooglePlan, google_fields, secret_refusals
from modelport.prices import Case, Parts, Scale
from modelport.prices.around import egress, logs, registry
from modelport.prices.serverless import cloud_run
from modelport_serving.record import BundleRecord

_IMAGE_GB = 0.8
"""Size of what Google builds and keeps."""
_LOG_BYTES = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionsPlan(GooglePlan):
    """A function, decided."""

    cpu: int
    memory_mib: int
    concurrency: int
    timeout: int
    network: str | None
    subnetwork: str | None
    invokers: tuple[str, ...]
    python: str
    """Runtime, e.g. `python311`: the one that the model was trained with."""


def plan(
    name: str, config: Deployment, record: BundleRecord, context: PlanContext
) -> FunctionsPlan:
    """Decide everything about one function.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, FunctionsTarget)
    network = target.network
    decision = CloudDecision(
        size=f"{target.cpu} vCPU, {target.memory_mib} MiB",
        scale=Scale(target.replicas.min, target.replicas.max, target.concurrency),
        price=lambda case: _price(case, target),
        settings=target.model_dump(mode="json", exclude={"invokers"}) | {"auth": config.auth_word},
        refusals=tuple(_refusals(config)),
    )
    return FunctionsPlan(
        **plan_cloud(name, config, record, context, decision),
        **google_fields(config, target),
        cpu=target.cpu,
        memory_mib=target.memory_mib,
        concurrency=target.concurrency,
        timeout=target.timeout,
        network=network.network if network else None,
        subnetwork=network.subnetwork if network else None,
        invokers=target.invokers,
        python="python" + "".join(record.lineage.python.split(".")[:2]),
    )


def _price(case: Case, target: FunctionsTarget) -> Parts:
    function = cloud_run(case, target.cpu, target.memory_mib / 1024)
    return function + registry(case, _IMAGE_GB) + logs(case, _LOG_BYTES) + egress(case)


def _refusals(config: Deployment) -> list[str]:
    found = secret_refusals(config)
    if config.domain:
        found.append(
            f"domain {config.domain}: needs a load balancer before the function, which this "
            "version does not make; leave it out, and point your own at the printed address"
        )
    return found
