"""Status of kubernetes objects that are well."""

from collections.abc import Callable, Mapping
from typing import Final

from modelport.offline import marks
from modelport.offline.place import entries, items, text
from modelport.offline.subject import Subject
from modelport.provider.wire import Json

Status = dict[str, Json]


def status_of(subject: Subject) -> Status:
    """Status of an object some time after it was made; empty where there is nothing to say.

    `subject.inputs` is the whole object.
    """
    say = _BY_KIND.get(subject.kind)
    return say(subject) if say else {}


def _condition(kind: str) -> Status:
    return {
        "lastTransitionTime": marks.TIME,
        "message": "nothing runs offline",
        "reason": "Offline",
        "status": "True",
        "type": kind,
    }


def _spec(subject: Subject) -> Mapping[str, Json]:
    return entries(subject.inputs.get("spec"))


def _generation(subject: Subject) -> Json:
    return entries(subject.inputs.get("metadata")).get("generation", 1)


def _replicas(subject: Subject) -> Json:
    replicas = _spec(subject).get("replicas")
    return 1 if replicas is None else replicas


def _deployment(subject: Subject) -> Status:
    replicas = _replicas(subject)
    return {
        "availableReplicas": replicas,
        "conditions": [_condition("Available"), _condition("Progressing")],
        "observedGeneration": _generation(subject),
        "readyReplicas": replicas,
        "replicas": replicas,
        "updatedReplicas": replicas,
    }


def _replica_set(subject: Subject) -> Status:
    replicas = _replicas(subject)
    return {
        "availableReplicas": replicas,
        "observedGeneration": _generation(subject),
        "readyReplicas": replicas,
        "replicas": replicas,
    }


def _stateful_set(subject: Subject) -> Status:
    revision = f"{subject.urn_name}-{marks.hex_id(subject.about('revision'), 10)}"
    replicas = _replicas(subject)
    return {
        "availableReplicas": replicas,
        "currentReplicas": replicas,
        "currentRevision": revision,
        "observedGeneration": _generation(subject),
        "readyReplicas": replicas,
        "replicas": replicas,
        "updateRevision": revision,
        "updatedReplicas": replicas,
    }


def _daemon_set(subject: Subject) -> Status:
    return {
        "currentNumberScheduled": 1,
        "desiredNumberScheduled": 1,
        "numberAvailable": 1,
        "numberMisscheduled": 0,
        "numberReady": 1,
        "observedGeneration": _generation(subject),
        "updatedNumberScheduled": 1,
    }


def _job(subject: Subject) -> Status:
    completions = _spec(subject).get("completions")
    return {
        "completionTime": marks.TIME,
        "conditions": [_condition("Complete")],
        "startTime": marks.TIME,
        "succeeded": 1 if completions is None else completions,
    }


def _pod(subject: Subject) -> Status:
    address = _address(subject)
    return {
        "conditions": [_condition("Ready")],
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": marks.TIME,
    }


def _address(subject: Subject) -> str:
    return f"192.0.2.{marks.number(subject.about('address'), 1, 254)}"


def _load_balancer(subject: Subject) -> Status:
    return {"loadBalancer": {"ingress": [{"ip": _address(subject)}]}}


def _service(subject: Subject) -> Status:
    balanced = text(_spec(subject), "type") == "LoadBalancer"
    return _load_balancer(subject) if balanced else {"loadBalancer": {}}


def _claim(subject: Subject) -> Status:
    spec = _spec(subject)
    wanted = entries(entries(spec.get("resources")).get("requests"))
    return {
        "accessModes": items(spec.get("accessModes")),
        "capacity": dict(wanted),
        "phase": "Bound",
    }


def _autoscaler(subject: Subject) -> Status:
    least = _spec(subject).get("minReplicas")
    replicas = 1 if least is None else least
    return {
        "conditions": [_condition("AbleToScale"), _condition("ScalingActive")],
        "currentReplicas": replicas,
        "desiredReplicas": replicas,
    }


def _disruption_budget(subject: Subject) -> Status:
    return {
        "conditions": [_condition("DisruptionAllowed")],
        "currentHealthy": 2,
        "desiredHealthy": 1,
        "disruptionsAllowed": 1,
        "expectedPods": 2,
        "observedGeneration": _generation(subject),
    }


def _definition(subject: Subject) -> Status:
    spec = _spec(subject)
    return {
        "acceptedNames": entries(spec.get("names")),
        "conditions": [_condition("NamesAccepted"), _condition("Established")],
        "storedVersions": [
            entries(version).get("name")
            for version in items(spec.get("versions"))
            if entries(version).get("storage") is True
        ],
    }


def _phase(name: str) -> Callable[[Subject], Status]:
    return lambda _subject: {"phase": name}


_BY_KIND: Final[dict[str, Callable[[Subject], Status]]] = {
    "CustomResourceDefinition": _definition,
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "HorizontalPodAutoscaler": _autoscaler,
    "Ingress": _load_balancer,
    "Job": _job,
    "Namespace": _phase("Active"),
    "PersistentVolume": _phase("Bound"),
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "PodDisruptionBudget": _disruption_budget,
    "ReplicaSet": _replica_set,
    "Service": _service,
    "StatefulSet": _stateful_set,
}
