"""The plan of kind `docker`: containers on one engine, refusals, no price."""

import re
from dataclasses import dataclass

from modelport.config import CanaryRollout, Deployment
from modelport.config.rollout import Rollout
from modelport.config.targets.docker import DockerTarget
from modelport.containers.settings import digest_of
from modelport.errors import PlanError
from modelport.plan import (
    DeploymentPlan,
    Fact,
    PlanContext,
    plan_deployment,
    refusals,
    target_of,
)
from modelport.plan.names import physical_name
from modelport.rollout import SIGNALS
from modelport_serving.record import BundleRecord

MONTHLY_USD = 0.0
"""Own hardware: the machine is there already, and Docker sends no bill."""
NOTE = "own hardware: nothing is billed for it, so monthly_usd is 0"
_NAME_ROOM = 16
"""Characters behind the name: `-`, a revision of 10 characters, `-` and a number."""
_SECRET = re.compile(r"file://(/[^\s:]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerPlan(DeploymentPlan):
    """Containers on one engine, decided."""

    target: DockerTarget
    """What the user wrote, with its defaults."""
    physical_name: str
    """Beginning of the names of everything on the engine."""
    fingerprint: str
    """Changes whenever anything in the plan does; 16 hex digits."""
    exposure: str
    secrets: dict[str, str]
    """Files of the engine's machine by variable."""

    def facts(self) -> dict[str, Fact]:
        """What the preview's diff and the policies see; never a secret."""
        target = self.target
        return {
            **DeploymentPlan.facts(self),
            "name": self.physical_name,
            "engine": target.host or "as the docker command",
            "host": target.bind,
            "port": target.port,
            "exposure": self.exposure,
            "replicas": target.replicas,
            "size": _size(target),
            "notes": NOTE,
        }


def plan(name: str, config: Deployment, record: BundleRecord, context: PlanContext) -> DockerPlan:
    """Decide everything about one deployment on an engine.

    Args:
        name: Deployment name.
        config: What the user wrote.
        record: The bundle that it resolved to.
        context: The stack.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, DockerTarget)
    physical = physical_name(config.kind, name, context.stack, room=_NAME_ROOM)
    refused = [
        *_refusals(config, target),
        *refusals(name, config, record, context, monthly_usd=MONTHLY_USD, physical_name=physical),
        *_rollout_refusals(config.rollout),
    ]
    if refused:
        raise PlanError("\n".join(f"{name}: {reason}" for reason in refused))
    fields = plan_deployment(name, config, record, context, monthly_usd=MONTHLY_USD)
    return DockerPlan(
        **fields,
        target=target,
        physical_name=physical,
        fingerprint=digest_of([fields, config.model_dump(mode="json")])[:16],
        exposure=config.exposure,
        secrets={key: value.removeprefix("file://") for key, value in config.secrets.items()},
    )


def _size(target: DockerTarget) -> str:
    parts = [f"{target.memory_mib} MiB"]
    if target.cpus is not None:
        parts.append(f"{target.cpus:g} CPUs")
    if target.gpus is not None:
        count = target.gpus if isinstance(target.gpus, int | str) else len(target.gpus)
        parts.append(f"GPUs: {count}")
    return ", ".join(parts)


def _refusals(config: Deployment, target: DockerTarget) -> list[str]:
    found: list[str] = []
    if not target.loopback and config.exposure != "public":
        found.append(
            f"target.bind {target.bind} lets other machines in; write exposure: public if that is "
            "meant, or bind: 127.0.0.1"
        )
    if target.loopback and config.exposure == "public":
        found.append(
            f"exposure: public, and target.bind {target.bind} is reached by the machine alone; "
            "write bind: 0.0.0.0, or leave exposure out"
        )
    if config.auth == "none" and not target.loopback:
        found.append(
            f"auth: none on {target.bind} would let everyone on the network in "
            "(rule endpoint-public-needs-auth); write auth: api_key, or bind: 127.0.0.1"
        )
    outgoing = {
        "auth.oidc": config.oidc,
        "serving.telemetry": config.serving.telemetry,
    }
    found += [
        f"{place}: the containers must reach another machine for it; write target.egress: true"
        for place, part in outgoing.items()
        if part is not None and not target.egress
    ]
    found += [
        f"secrets.{key} {value}: a plain engine has no secret store; name a file of its machine "
        "that user 10001 may read, e.g. file:///etc/modelport/token"
        for key, value in config.secrets.items()
        if not _SECRET.fullmatch(value)
    ]
    ours = sorted(key for key in target.extra.environment if key.startswith("MODELPORT_"))
    if ours:
        found.append(
            f"target.extra.environment: {', '.join(ours)}: variables that begin with MODELPORT_ "
            "are ours; the keys of target and serving set what they mean"
        )
    outside = {"auth.oidc": config.oidc, "serving.telemetry": config.serving.telemetry}
    found += [
        f"{place}: the containers open no connection to other machines; write target.egress: true"
        for place, asked in outside.items()
        if asked and not target.egress
    ]
    if config.workload.gpu_memory and target.gpus is None:
        found.append("workload.gpu_memory: the containers get no GPU; write target.gpus")
    if target.tmp_mib * 2 > target.memory_mib:
        found.append(
            f"target.tmp_mib {target.tmp_mib} is more than half of memory_mib "
            f"{target.memory_mib}, which it is part of"
        )
    return found


def _rollout_refusals(rollout: Rollout) -> list[str]:
    if isinstance(rollout, str):
        return []
    watched = rollout.canary if isinstance(rollout, CanaryRollout) else rollout.shadow
    return [
        f"nothing on target docker measures '{signal}'; abort_on has {', '.join(sorted(SIGNALS))}"
        for signal in watched.abort_on
        if signal not in SIGNALS
    ]
