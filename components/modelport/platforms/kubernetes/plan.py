"""The plan of kind `kubernetes`: pods, access, rollout, refusals."""

import math
import re
from dataclasses import dataclass, replace

from modelport.config import CanaryRollout, Deployment, ShadowRollout, Slo
from modelport.config.targets.kubernetes import KubernetesTarget
from modelport.errors import PlanError
from modelport.plan import (
    REVISION_ROOM,
    CloudDecision,
    CloudPlan,
    Fact,
    PlanContext,
    plan_cloud,
    target_of,
)
from modelport.plan.access import auth_of
from modelport.platforms.kubernetes.manifests import bare_manifests
from modelport.platforms.kubernetes.operators import operator_refusals, operators
from modelport.platforms.kubernetes.overlays import overlay_faults, weakened
from modelport.prices import Case, Parts, Scale
from modelport.prices.estimate import unpriced
from modelport_serving.record import BundleRecord

_SECRET = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?/[A-Za-z0-9._-]+")
"""A secret of the namespace and a key in it."""
_REVISION = {"pod", "gpu", "tpu", "image"}
"""Settings that are part of a pod."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesPlan(CloudPlan):
    """Pods of a cluster, decided."""

    target: KubernetesTarget
    namespace: str
    owns_namespace: bool
    """Whether the namespace is made, and removed, with the deployment."""
    url: str
    """Address that callers use."""
    slo: Slo
    """How good it promises to be."""

    def facts(self) -> dict[str, Fact]:
        """What the preview's diff and the policies see; never a secret."""
        door = self.target.route.door
        reach = ("gateway" if self.target.route.gateway else "ingress") if door else "cluster"
        found = {**CloudPlan.facts(self), "namespace": self.namespace, "route": reach}
        needs = operators(self.target)
        return {**found, "operators": ", ".join(needs)} if needs else found


def plan(
    name: str, config: Deployment, record: BundleRecord, context: PlanContext
) -> KubernetesPlan:
    """Decide everything about the pods of one deployment.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, KubernetesTarget)
    decided = _decided(name, config, record, context, _refusals(config, target))
    bare = bare_manifests(decided)
    faults = overlay_faults(target.overlays, bare)
    if faults:
        raise PlanError("\n".join(f"{name}: {fault}" for fault in faults))
    lost = weakened(target.overlays, bare)
    return replace(decided, notes=(*_notes(config, target, lost), *decided.notes))


def _decided(
    name: str,
    config: Deployment,
    record: BundleRecord,
    context: PlanContext,
    refused: list[str],
) -> KubernetesPlan:
    target = target_of(config, KubernetesTarget)
    pod = target.pod
    decision = CloudDecision(
        size=f"{pod.cpu:g} CPU, {pod.memory_mib} MiB{_accelerators(target)}",
        scale=Scale(target.replicas.min, target.replicas.max),
        price=_price,
        settings=target.model_dump(mode="json", include=_REVISION)
        | {
            "auth": auth_of(config),
            "secrets": config.secrets,
            **({"key_secret": True} if target.key_secret else {}),
            # Of two autoscalers on the same pods, KEDA refuses the second.
            **({"keda": True} if target.autoscaling and target.autoscaling.keda else {}),
            "overlays": [item.merge for item in target.overlays if item.kind == "Deployment"],
        },
        refusals=tuple(refused),
        shadows=True,
        name_room=REVISION_ROOM,
    )
    fields = plan_cloud(name, config, record, context, decision)
    physical = str(fields["physical_name"])
    namespace = target.namespace or physical
    door = target.route.door
    return KubernetesPlan(
        **fields,
        target=target,
        namespace=namespace,
        owns_namespace=target.namespace is None,
        slo=config.slo,
        url=f"{door.scheme}://{door.host}" if door else f"http://{physical}.{namespace}.svc",
    )


def _price(case: Case) -> Parts:
    """The machines are there already, and who paid for them is not known here."""
    del case
    return unpriced("the cluster's own machines")


def _accelerators(target: KubernetesTarget) -> str:
    if target.gpu:
        what = f"MIG {target.gpu.mig}" if target.gpu.mig else target.gpu.product or "GPU"
        return f", {target.gpu.count} x {what}"
    return f", TPU {target.tpu.type} {target.tpu.topology}" if target.tpu else ""


def _refusals(config: Deployment, target: KubernetesTarget) -> list[str]:
    found = [
        f"secrets.{variable}: {reference} is no secret of the namespace; write NAME/KEY"
        for variable, reference in sorted(config.secrets.items())
        if not _SECRET.fullmatch(reference)
    ]
    door = target.route.door
    if config.exposure == "public" and door is None:
        found.append(
            "exposure public: a service has an address of the cluster's only; "
            "write target.route.ingress or target.route.gateway"
        )
    if door is not None and not target.route.callers:
        found.append(
            "target.route.callers: is empty, so the controller's pods could not reach the model; "
            "write the namespace in which they run"
        )
    if config.exposure == "public" and door is not None and door.scheme == "http":
        found.append(
            "target.route scheme http: keys would go over the internet in the clear; "
            "write scheme: https, or exposure: private"
        )
    if target.pod.cpu_limit is not None and target.pod.cpu_limit < target.pod.cpu:
        found.append(
            f"target.pod.cpu_limit {target.pod.cpu_limit:g}: is below cpu ({target.pod.cpu:g})"
        )
    if target.pod.tmp_mib * 2 > target.pod.memory_mib:
        found.append(
            f"target.pod.tmp_mib {target.pod.tmp_mib}: is more than half of the memory, of which "
            f"it is part; write at most {target.pod.memory_mib // 2}"
        )
    if config.workload.gpu_memory and not target.gpu and not target.tpu:
        found.append(
            f"workload.gpu_memory {config.workload.gpu_memory}: pods have no GPU; "
            "write target.gpu: {count: 1}"
        )
    if isinstance(config.rollout, CanaryRollout) and target.route.gateway is None:
        found += _share_refusals(config.rollout, target)
    if isinstance(config.rollout, ShadowRollout) and target.route.gateway is None:
        found.append(
            "rollout shadow: a service and an ingress copy no requests; write "
            "target.route.gateway, whose gateway may (https://gateway-api.sigs.k8s.io/guides/"
            "http-request-mirroring/), or rollout: canary"
        )
    return found + operator_refusals(config, target)


def _share_refusals(rollout: CanaryRollout, target: KubernetesTarget) -> list[str]:
    """Without weights pods share by their number: what is finer than one pod cannot be."""
    most = target.replicas.max
    finest = math.ceil(100 / (most + 1))
    small = [step for step in rollout.canary.steps if step < finest]
    if not small:
        return []
    needed = math.ceil(100 / small[0]) - 1
    fitting = [step for step in rollout.canary.steps if step >= finest] or [finest]
    message = (
        f"canary.steps {small[0]}: without a gateway pods share requests by their number, and one "
        f"new pod beside {most} has {finest} %; write steps: {fitting}, target.route.gateway, "
        f"which weighs requests, or replicas.max: {needed} (an Ingress has no weights: "
        "https://kubernetes.io/docs/concepts/services-networking/ingress/)"
    )
    return [message]


def _notes(config: Deployment, target: KubernetesTarget, lost: list[str]) -> list[str]:
    found = ["the machines are the cluster's own and not in the price"]
    if needs := operators(target):
        found.append(f"the cluster must have {', '.join(needs)}")
    if target.replicas.min == 1:
        found.append("with replicas.min 1 a drained node interrupts the service")
    if target.route.door is not None and config.exposure == "private":
        found.append("who reaches the host's address is decided by the cluster's network")
    if target.route.ingress and target.route.ingress.scheme == "http":
        found.append("keys of callers go to the ingress in the clear")
    if isinstance(config.rollout, ShadowRollout):
        found.append(
            "the gateway throws answers to copies away, so they are not compared with the live "
            "ones; the class of the gateway must say that it copies a share of requests"
        )
    if lost:
        found.append(f"overlays take away: {', '.join(lost)}")
    return found
