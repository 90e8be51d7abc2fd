"""Readiness: whether a live object is as it was asked for; pure decisions from what was read.

Rules follow `kubectl rollout status` and the readiness that the official provider documents for
each kind in its SDK.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from modelport.cluster.objects import (
    Object,
    at,
    condition,
    entries,
    holds,
    mapping,
    number,
    text,
    values,
)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is to be said of an object now."""

    state: Literal["ready", "waiting", "failed"]
    """`failed`: waiting longer cannot help."""
    reason: str = ""
    """What it waits for, or why it failed."""


READY = Readiness("ready")


@dataclass(frozen=True, slots=True)
class Related:
    """Other objects that some rules look at."""

    endpoint_slices: tuple[Object, ...] = ()
    """Of a service."""
    storage_class: Object = field(default_factory=dict[str, object])
    """Of a claim; empty when it has none."""
    services: frozenset[str] = frozenset()
    """Names of services in an ingress' namespace."""


def readiness(live: Object, related: Related) -> Readiness:
    """Whether `live` is ready; kinds without a rule are ready once they exist."""
    rule = _RULES.get((text(live, "apiVersion").rpartition("/")[0], text(live, "kind")))
    return rule(live, related) if rule else READY


def has_rule(live: Object) -> bool:
    """Whether there is anything to wait for."""
    return (text(live, "apiVersion").rpartition("/")[0], text(live, "kind")) in _RULES


def _waiting(reason: str) -> Readiness:
    return Readiness("waiting", reason)


def _failed(reason: str) -> Readiness:
    return Readiness("failed", reason)


def _is_observed(live: Object) -> bool:
    return number(live, "status", "observedGeneration") >= number(live, "metadata", "generation")


def _deployment(live: Object, _related: Related) -> Readiness:
    if not _is_observed(live):
        return _waiting("its controller has not seen the change yet")
    if at(live, "spec", "paused") is True:
        return READY
    progressing = condition(live, "Progressing")
    wanted = number(live, "spec", "replicas", default=1)
    updated = number(live, "status", "updatedReplicas")
    available = number(live, "status", "availableReplicas")
    replicas = number(live, "status", "replicas")
    if text(progressing, "reason") == "ProgressDeadlineExceeded":
        seconds = number(live, "spec", "progressDeadlineSeconds", default=600)
        return _failed(
            f"the rollout made no progress for {seconds} s: {available} of {wanted} replicas are "
            f"available, {updated} are of the new version"
        )
    trouble = text(condition(live, "ReplicaFailure"), "message")
    if updated < wanted:
        said = f": {trouble}" if trouble else ""
        return _waiting(f"{updated} of {wanted} replicas are of the new version{said}")
    if replicas > updated:
        return _waiting(f"{replicas - updated} old replicas have not ended yet")
    if available < updated:
        return _waiting(f"{available} of {updated} replicas are available")
    return READY


def _stateful_set(live: Object, _related: Related) -> Readiness:
    if not _is_observed(live):
        return _waiting("its controller has not seen the change yet")
    wanted = number(live, "spec", "replicas", default=1)
    ready = number(live, "status", "readyReplicas")
    updated = number(live, "status", "updatedReplicas")
    strategy = text(live, "spec", "updateStrategy", "type") or "RollingUpdate"
    if ready < wanted:
        return _waiting(f"{ready} of {wanted} replicas are ready")
    if strategy != "RollingUpdate":
        return READY
    partition = number(live, "spec", "updateStrategy", "rollingUpdate", "partition")
    if updated < wanted - partition:
        return _waiting(f"{updated} of {wanted - partition} replicas are of the new version")
    same = text(live, "status", "updateRevision") == text(live, "status", "currentRevision")
    if partition == 0 and not same:
        return _waiting("the new version has not become the current one yet")
    return READY


def _daemon_set(live: Object, _related: Related) -> Readiness:
    if not _is_observed(live):
        return _waiting("its controller has not seen the change yet")
    wanted = number(live, "status", "desiredNumberScheduled")
    updated = number(live, "status", "updatedNumberScheduled")
    available = number(live, "status", "numberAvailable")
    on_delete = text(live, "spec", "updateStrategy", "type") == "OnDelete"
    if updated < wanted and not on_delete:
        return _waiting(f"{updated} of {wanted} nodes have the new version")
    if available < wanted:
        return _waiting(f"{available} of {wanted} nodes have it available")
    return READY


def _replicas(live: Object, _related: Related) -> Readiness:
    wanted = number(live, "spec", "replicas", default=1)
    ready = number(live, "status", "readyReplicas")
    if not _is_observed(live):
        return _waiting("its controller has not seen the change yet")
    return READY if ready >= wanted else _waiting(f"{ready} of {wanted} replicas are ready")


def _job(live: Object, _related: Related) -> Readiness:
    if holds(live, "Complete") or holds(live, "SuccessCriteriaMet"):
        return READY
    for kind in ("Failed", "FailureTarget"):
        if holds(live, kind):
            found = condition(live, kind)
            return _failed(f"the job failed: {text(found, 'message') or text(found, 'reason')}")
    if at(live, "spec", "suspend") is True:
        return READY
    wanted = number(live, "spec", "completions", default=1)
    done = number(live, "status", "succeeded")
    active = number(live, "status", "active")
    return _waiting(f"{done} of {wanted} runs succeeded, {active} are active")


def _service(live: Object, related: Related) -> Readiness:
    kind = text(live, "spec", "type")
    if kind == "ExternalName":
        return READY
    if kind == "LoadBalancer" and not values(live, "status", "loadBalancer", "ingress"):
        return _waiting("no load balancer has given it an address yet")
    if text(live, "spec", "clusterIP") == "None" or not mapping(live, "spec", "selector"):
        return READY
    ready = sum(
        at(endpoint, "conditions", "ready") is not False
        for item in related.endpoint_slices
        for endpoint in entries(item, "endpoints")
    )
    if ready:
        return READY
    labels = ", ".join(f"{key}={value}" for key, value in mapping(live, "spec", "selector").items())
    return _waiting(f"no ready pod has the labels {labels}")


def _ingress(live: Object, related: Related) -> Readiness:
    named = {
        text(path, "backend", "service", "name")
        for rule in entries(live, "spec", "rules")
        for path in entries(rule, "http", "paths")
    }
    named.add(text(live, "spec", "defaultBackend", "service", "name"))
    missing = sorted(named - related.services - {""})
    if missing:
        return _waiting(f"there is no service {', '.join(missing)} that it names")
    if not values(live, "status", "loadBalancer", "ingress"):
        return _waiting("no ingress controller has given it an address yet")
    return READY


def _claim(live: Object, related: Related) -> Readiness:
    phase = text(live, "status", "phase")
    if phase == "Bound":
        return READY
    if phase == "Lost":
        return _failed("its volume is lost")
    if text(related.storage_class, "volumeBindingMode") == "WaitForFirstConsumer":
        return READY  # bound only once a pod uses it
    if not text(live, "spec", "storageClassName"):
        return _waiting("it is not bound: it names no storage class and there is no default one")
    return _waiting("it is not bound to a volume yet")


def _volume(live: Object, _related: Related) -> Readiness:
    phase = text(live, "status", "phase")
    if phase in ("Available", "Bound"):
        return READY
    if phase == "Failed":
        return _failed(f"the volume failed: {text(live, 'status', 'message')}")
    return _waiting("the volume is not available yet")


def _pod(live: Object, _related: Related) -> Readiness:
    phase = text(live, "status", "phase")
    if phase == "Succeeded" or holds(live, "Ready"):
        return READY
    if phase == "Failed":
        said = text(live, "status", "message") or text(live, "status", "reason")
        return _failed(f"the pod failed{': ' + said if said else ''}")
    for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready"):
        found = condition(live, kind)
        if found and found.get("status") != "True":
            said = text(found, "message") or text(found, "reason")
            return _waiting(f"condition {kind} does not hold: {said}")
    return _waiting("it is not scheduled yet")


def _definition(live: Object, _related: Related) -> Readiness:
    names = condition(live, "NamesAccepted")
    if names.get("status") == "False":
        return _failed(f"its names are not accepted: {text(names, 'message')}")
    if holds(live, "Established"):
        return READY
    return _waiting("the API does not serve its kind yet")


def _api_service(live: Object, _related: Related) -> Readiness:
    found = condition(live, "Available")
    if found.get("status") == "True":
        return READY
    said = text(found, "message")
    return _waiting(f"it is not available{': ' + said if said else ''}")


def _namespace(live: Object, _related: Related) -> Readiness:
    phase = text(live, "status", "phase")
    return READY if phase in ("Active", "") else _waiting(f"it is {phase.lower()}")


def _secret(live: Object, _related: Related) -> Readiness:
    if text(live, "type") != "kubernetes.io/service-account-token":
        return READY
    if text(live, "data", "token"):
        return READY
    return _waiting("its service account has no token in it yet")


_RULES: Mapping[tuple[str, str], Callable[[Object, Related], Readiness]] = {
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "ReplicaSet"): _replicas,
    ("", "ReplicationController"): _replicas,
    ("batch", "Job"): _job,
    ("", "Service"): _service,
    ("networking.k8s.io", "Ingress"): _ingress,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "PersistentVolume"): _volume,
    ("", "Pod"): _pod,
    ("", "Namespace"): _namespace,
    ("", "Secret"): _secret,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("apiregistration.k8s.io", "APIService"): _api_service,
}
