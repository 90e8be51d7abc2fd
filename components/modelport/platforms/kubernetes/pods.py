"""Pods: one container with the model, as the restricted pod security standard wants it."""

from typing import TYPE_CHECKING, Any

from modelport.platforms.kubernetes.names import (
    CONTAINER,
    INSTANCE,
    KEY_HASH,
    PORT_NAME,
    REVISION,
)

if TYPE_CHECKING:
    from modelport.platforms.kubernetes.plan import KubernetesPlan

Values = dict[str, Any]
"""A part of an object as Kubernetes reads it; leaves may be outputs."""

KEY_VARIABLE = "MODELPORT_API_KEY_SHA256"
_PORT = 8080
_ALIVE, _READY = "/livez", "/readyz"
USER = 10001
"""User of the image; nodes check that it is not root's."""
LINGER_SECONDS = 5
"""For how long an ending pod still takes requests: what knows its address learns of its end."""
_DRAIN_SECONDS = 10
"""In which the server has finished its requests; see `modelport_serving.container`."""
_MOST_WORKERS = 4
_PROBE_SECONDS = 2
_GPU = "nvidia.com/gpu"
_TPU = "google.com/tpu"


def pod_template(plan: "KubernetesPlan", image: Any, variables: Values, key_hash: Any) -> Values:
    """The template of a revision's pods.

    Args:
        plan: The deployment.
        image: Repository and digest.
        variables: Plain environment variables.
        key_hash: Beginning of the hash of the callers' key; none when there is no key.
    """
    labels = {
        "app.kubernetes.io/name": plan.bundle,
        INSTANCE: plan.physical_name,
        REVISION: plan.revision,
    }
    annotations = {KEY_HASH: key_hash} if key_hash is not None else {}
    spec: Values = {
        "serviceAccountName": plan.physical_name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": LINGER_SECONDS + 2 * _DRAIN_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [_over_nodes(plan)],
        "affinity": {"podAntiAffinity": _over_zones(plan)},
        "containers": [_container(plan, image, variables)],
        "volumes": [
            {
                "name": "tmp",
                "emptyDir": {"medium": "Memory", "sizeLimit": f"{plan.target.pod.tmp_mib}Mi"},
            }
        ],
        **_nodes(plan),
    }
    return {"metadata": {"labels": labels, "annotations": annotations}, "spec": spec}


def _container(plan: "KubernetesPlan", image: Any, variables: Values) -> Values:
    return {
        "name": CONTAINER,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": PORT_NAME, "containerPort": _PORT}],
        "env": _variables(plan, variables),
        "resources": _resources(plan),
        "startupProbe": {
            "httpGet": {"path": _READY, "port": PORT_NAME},
            "periodSeconds": _PROBE_SECONDS,
            "timeoutSeconds": _PROBE_SECONDS,
            "failureThreshold": -(-plan.target.pod.start_seconds // _PROBE_SECONDS),
        },
        "readinessProbe": {
            "httpGet": {"path": _READY, "port": PORT_NAME},
            "periodSeconds": _PROBE_SECONDS,
            "timeoutSeconds": 5,
            "failureThreshold": 3,
        },
        "livenessProbe": {
            "httpGet": {"path": _ALIVE, "port": PORT_NAME},
            "periodSeconds": 10,
            "timeoutSeconds": 5,
            "failureThreshold": 3,
        },
        "lifecycle": {"preStop": {"sleep": {"seconds": LINGER_SECONDS}}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - in the container
    }


def _variables(plan: "KubernetesPlan", variables: Values) -> list[Values]:
    """Plain ones, and references to secrets of the namespace."""
    pod = plan.target.pod
    workers = max(1, min(_MOST_WORKERS, int(pod.cpu_limit or pod.cpu)))
    found: list[Values] = [
        {"name": name, "value": value}
        for name, value in sorted({**variables, "MODELPORT_WORKERS": str(workers)}.items())
    ]
    references = {
        variable: reference.split("/", 1) for variable, reference in sorted(plan.secrets.items())
    }
    if plan.auth == "api_key":
        references[KEY_VARIABLE] = [f"{plan.physical_name}-key", KEY_VARIABLE]
    return found + [
        {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}
        for variable, (name, key) in references.items()
    ]


def _resources(plan: "KubernetesPlan") -> Values:
    pod, gpu, tpu = plan.target.pod, plan.target.gpu, plan.target.tpu
    memory = f"{pod.memory_mib}Mi"
    extra: dict[str, str] = {}
    if gpu:
        extra[f"nvidia.com/mig-{gpu.mig}" if gpu.mig else _GPU] = str(gpu.count)
    if tpu:
        extra[_TPU] = str(_chips(tpu.topology))
    limits = {"memory": memory, **extra}
    if pod.cpu_limit is not None:
        limits["cpu"] = thousandths(pod.cpu_limit)
    return {"requests": {"cpu": thousandths(pod.cpu), "memory": memory, **extra}, "limits": limits}


def thousandths(amount: float) -> str:
    """An amount as the API writes it, so that what is read back is the same: `500m` is a half."""
    parts = round(amount * 1000)
    return f"{parts}m" if parts % 1000 else str(parts // 1000)


def _chips(topology: str) -> int:
    chips = 1
    for side in topology.split("x"):
        chips *= int(side)
    return chips


def _over_nodes(plan: "KubernetesPlan") -> Values:
    return {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        # When a node is drained, the others take its pods.
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": _others(plan),
    }


def _over_zones(plan: "KubernetesPlan") -> Values:
    """Zones with fewer pods first.

    Not a second constraint of topology: the scheduler ignores all of a pod's constraints on nodes
    that lack one of the labels, and machines of one's own have no zone (Kubernetes 1.34,
    `pkg/scheduler/framework/plugins/podtopologyspread/scoring.go`).
    """
    term = {"topologyKey": "topology.kubernetes.io/zone", "labelSelector": _others(plan)}
    wanted = [{"weight": 100, "podAffinityTerm": term}]
    return {"preferredDuringSchedulingIgnoredDuringExecution": wanted}


def _others(plan: "KubernetesPlan") -> Values:
    """Selects the pods of the same revision."""
    return {"matchLabels": {INSTANCE: plan.physical_name, REVISION: plan.revision}}


def _nodes(plan: "KubernetesPlan") -> Values:
    """Nodes with the accelerator, and the taint that keeps others from them."""
    gpu, tpu = plan.target.gpu, plan.target.tpu
    if gpu:
        product = {"nvidia.com/gpu.product": gpu.product} if gpu.product else {}
        return {
            **({"nodeSelector": product} if product else {}),
            "tolerations": [{"key": _GPU, "operator": "Exists", "effect": "NoSchedule"}],
        }
    if tpu:
        return {
            "nodeSelector": {
                "cloud.google.com/gke-tpu-accelerator": tpu.type,
                "cloud.google.com/gke-tpu-topology": tpu.topology,
            },
            "tolerations": [{"key": _TPU, "operator": "Exists", "effect": "NoSchedule"}],
        }
    return {}
