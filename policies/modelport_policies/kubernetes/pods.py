"""Rules about pods: what their containers may do, after the Pod Security Standards."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from modelport_policies.kubernetes import pod_checks
from modelport_policies.kubernetes.pod_checks import Container
from modelport_policies.rule import (
    ADVICE,
    STRICT_IN_PROD,
    Check,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import read
from modelport_policies.workloads import PODS, containers

_POD = "kubernetes:core/v1:Pod"
_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_LISTS = ("containers", "initContainers", "ephemeralContainers")
_STANDARD = "Kubernetes Pod Security Standards"


def _each(finds: Callable[[Container, Mapping[str, Any]], str], lists: tuple[str, ...]) -> Check:
    """A check of every container, which may look at its pod as well."""

    def check(resource: Resource, _: Settings) -> Iterator[str]:
        place = PODS[resource.type]
        pod = read(resource.properties, *place)
        for name, container in containers(resource, place, lists):
            said = finds(container, pod if isinstance(pod, Mapping) else {})
            if said:
                yield f"{said} in {name}"

    return check


def _of_pod(finds: Callable[[Mapping[str, Any]], Iterator[str]]) -> Check:
    """A check of the pod itself."""

    def check(resource: Resource, _: Settings) -> Iterator[str]:
        pod = read(resource.properties, *PODS[resource.type])
        if isinstance(pod, Mapping):
            yield from finds(pod)

    return check


def _pod(container: Mapping[str, Any] | None = None, **pod: object) -> dict[str, Any]:
    return {"spec": {"containers": [container or {"name": "model"}], **pod}}


def _second(container: Mapping[str, Any], right: Mapping[str, Any]) -> Sample:
    """A deployment whose second container is wrong."""
    pod = {"containers": [right, {**container, "name": "second"}]}
    return Sample(_DEPLOYMENT, {"spec": {"template": {"spec": pod}}})


def _container_rule(
    *,
    rule_id: str,
    title: str,
    rationale: str,
    fix: str,
    finds: Callable[[Container, Mapping[str, Any]], str],
    right: Mapping[str, Any],
    wrong: Mapping[str, Any],
    sources: tuple[str, ...],
    **more: Any,
) -> Rule:
    more.setdefault("severity", "high")
    lists: tuple[str, ...] = more.pop("lists", _LISTS)
    named = {"name": "model"}
    return Rule(
        id=rule_id,
        title=title,
        types=tuple(PODS),
        rationale=rationale,
        fix=fix,
        sources=sources,
        passes=Sample(_POD, _pod({**named, **right})),
        fails=Sample(_POD, _pod({**named, **wrong})),
        also_fails=(
            _second(wrong, {**named, **right}),
            *(
                Sample(_POD, {"spec": {field: [{**named, **wrong}]}})
                for field in lists
                if field != "ephemeralContainers"
            ),
        ),
        check=_each(finds, lists),
        **more,
    )


def _pod_rule(
    *,
    rule_id: str,
    title: str,
    rationale: str,
    fix: str,
    finds: Callable[[Mapping[str, Any]], Iterator[str]],
    right: Mapping[str, Any],
    wrong: Mapping[str, Any],
    sources: tuple[str, ...],
    **more: Any,
) -> Rule:
    more.setdefault("severity", "high")
    return Rule(
        id=rule_id,
        title=title,
        types=tuple(PODS),
        rationale=rationale,
        fix=fix,
        sources=sources,
        passes=Sample(_POD, _pod(None, **right)),
        fails=Sample(_POD, _pod(None, **wrong)),
        also_fails=(
            Sample(_DEPLOYMENT, {"spec": {"template": _pod(None, **wrong)}}),
            Sample(
                "kubernetes:batch/v1:CronJob",
                {"spec": {"jobTemplate": {"spec": {"template": _pod(None, **wrong)}}}},
            ),
        ),
        check=_of_pod(finds),
        **more,
    )


def _context(**values: object) -> dict[str, object]:
    return {"securityContext": values}


_PROBES = {"readinessProbe": {"httpGet": {"path": "/readyz", "port": 8080}}} | {
    "livenessProbe": {"httpGet": {"path": "/livez", "port": 8080}}
}
_RUNTIME = {"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}
_UNCONFINED = {"securityContext": {"seccompProfile": {"type": "Unconfined"}}}

SECURITY = (
    _container_rule(
        rule_id="k8s-no-privileged",
        title="No container is privileged.",
        rationale="a privileged container owns its node and every other pod on it",
        fix="leave securityContext.privileged out",
        finds=pod_checks.privileged,
        right=_context(privileged=False),
        wrong=_context(privileged=True),
        sources=(f"{_STANDARD}, baseline", "CKV_K8S_16", "CIS Kubernetes 5.2.2"),
        severity="critical",
    ),
    _container_rule(
        rule_id="k8s-no-privilege-escalation",
        title="No container gets more rights than it began with.",
        rationale="a hole in a program that is root for a moment is worth the whole container",
        fix="securityContext: {allowPrivilegeEscalation: false}, written out",
        finds=pod_checks.escalates,
        right=_context(allowPrivilegeEscalation=False),
        wrong=_context(allowPrivilegeEscalation=True),
        sources=(f"{_STANDARD}, restricted", "CKV_K8S_20", "CIS Kubernetes 5.2.6"),
    ),
    _container_rule(
        rule_id="k8s-run-as-nonroot",
        title="No container runs as root.",
        rationale="a hole in the runtime is worth more to somebody who is root already",
        fix="securityContext: {runAsNonRoot: true, runAsUser: 10001} on the pod",
        finds=pod_checks.root,
        right=_context(runAsNonRoot=True),
        wrong=_context(runAsNonRoot=True, runAsUser=0),
        sources=(f"{_STANDARD}, restricted", "CKV_K8S_6", "CKV_K8S_23"),
        also_passes=(Sample(_POD, _pod(None, securityContext={"runAsNonRoot": True})),),
    ),
    _container_rule(
        rule_id="k8s-image-digest",
        title="A container's image has a digest or a fixed tag.",
        rationale="with 'latest' two pods of one deployment may run two models",
        fix="image: <registry>/<name>@sha256:<digest>",
        finds=pod_checks.loose,
        right={"image": "registry.example.com:5000/cancer@sha256:5f"},
        wrong={"image": "registry.example.com:5000/cancer:latest"},
        sources=("CKV_K8S_14", "CKV_K8S_43"),
        severity="medium",
        levels=STRICT_IN_PROD,
        also_passes=(Sample(_POD, _pod({"image": "registry.example.com:5000/cancer:1.2"})),),
    ),
    _container_rule(
        rule_id="k8s-capabilities-baseline",
        title="No container adds powers of the system.",
        rationale="powers such as SYS_ADMIN are as good as owning the node",
        fix="leave securityContext.capabilities.add out",
        finds=pod_checks.capabilities,
        right=_context(capabilities={"add": ["NET_BIND_SERVICE"]}),
        wrong=_context(capabilities={"add": ["NET_BIND_SERVICE", "SYS_ADMIN"]}),
        sources=(f"{_STANDARD}, baseline", "CKV_K8S_25", "CKV_K8S_39"),
    ),
    _container_rule(
        rule_id="k8s-drop-all-caps",
        title="Every container gives up all powers of the system.",
        rationale="a model server needs none, and who gets in should find none",
        fix='securityContext: {capabilities: {drop: ["ALL"]}}',
        finds=pod_checks.keeps_capabilities,
        right=_context(capabilities={"drop": ["ALL"]}),
        wrong=_context(capabilities={"drop": ["NET_RAW"]}),
        sources=(f"{_STANDARD}, restricted", "CKV_K8S_28", "CKV_K8S_37"),
        severity="medium",
        levels=STRICT_IN_PROD,
    ),
    _container_rule(
        rule_id="k8s-readonly-rootfs",
        title="No container can change its own image.",
        rationale="who gets in cannot leave a program behind or change the model",
        fix="securityContext: {readOnlyRootFilesystem: true}, and an emptyDir for /tmp",
        finds=pod_checks.writable,
        right=_context(readOnlyRootFilesystem=True),
        wrong=_context(readOnlyRootFilesystem=False),
        sources=("CKV_K8S_22",),
        severity="medium",
        levels=STRICT_IN_PROD,
    ),
    _container_rule(
        rule_id="k8s-no-host-ports",
        title="No container takes a port of its node.",
        rationale="such a port is reached past the service, its policies and its limits",
        fix="leave hostPort out, and put a Service before the pods",
        finds=pod_checks.host_port,
        right={"ports": [{"containerPort": 8080}]},
        wrong={"ports": [{"containerPort": 8080}, {"containerPort": 9090, "hostPort": 9090}]},
        sources=(f"{_STANDARD}, baseline", "CKV_K8S_26"),
        severity="medium",
    ),
    _container_rule(
        rule_id="k8s-proc-mount",
        title="No container sees all of /proc.",
        rationale="what is masked there tells how to break out",
        fix="leave securityContext.procMount out",
        finds=pod_checks.unmasked,
        right=_context(procMount="Default"),
        wrong=_context(procMount="Unmasked"),
        sources=(f"{_STANDARD}, baseline",),
        severity="medium",
    ),
    _pod_rule(
        rule_id="k8s-no-host-namespaces",
        title="No pod sees its node's network or processes.",
        rationale="it could read the memory and the traffic of every other pod",
        fix="leave hostNetwork, hostPID and hostIPC out",
        finds=pod_checks.host,
        right={"hostNetwork": False},
        wrong={"hostPID": True},
        sources=(f"{_STANDARD}, baseline", "CKV_K8S_17", "CKV_K8S_18", "CKV_K8S_19"),
    ),
    _pod_rule(
        rule_id="k8s-no-hostpath",
        title="No pod mounts a folder of its node.",
        rationale="through its disk a container reaches the node, and every other container",
        fix="a PersistentVolumeClaim, an emptyDir or an image volume",
        finds=pod_checks.paths,
        right={"volumes": [{"name": "tmp", "emptyDir": {}}]},
        wrong={
            "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "m", "hostPath": {"path": "/"}}]
        },
        sources=(f"{_STANDARD}, baseline", "CKV_K8S_27"),
    ),
    _pod_rule(
        rule_id="k8s-no-hostprocess",
        title="No pod of Windows owns its node.",
        rationale="a host process is the node's own program",
        fix="leave securityContext.windowsOptions.hostProcess out",
        finds=pod_checks.windows,
        right={"securityContext": {"windowsOptions": {"hostProcess": False}}},
        wrong={"securityContext": {"windowsOptions": {"hostProcess": True}}},
        sources=(f"{_STANDARD}, baseline",),
    ),
    _pod_rule(
        rule_id="k8s-sysctls",
        title="No pod changes its node's kernel.",
        rationale="settings of the kernel are those of every other pod as well",
        fix="leave securityContext.sysctls out",
        finds=pod_checks.sysctls,
        right={"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]}},
        wrong={"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}},
        sources=(f"{_STANDARD}, baseline",),
        severity="medium",
    ),
    _pod_rule(
        rule_id="k8s-seccomp",
        title="A pod makes only the system calls that programs need.",
        rationale="most ways out of a container go through a call that no model server makes",
        fix="securityContext: {seccompProfile: {type: RuntimeDefault}} on the pod",
        finds=pod_checks.seccomp,
        right=_RUNTIME,
        wrong=_UNCONFINED,
        sources=(f"{_STANDARD}, restricted", "CKV_K8S_31"),
        severity="medium",
        levels=STRICT_IN_PROD,
    ),
    _pod_rule(
        rule_id="k8s-no-sa-token",
        title="A pod that does not speak to the cluster has no token for it.",
        rationale="the token lets whoever gets in ask the cluster in the pod's name",
        fix="automountServiceAccountToken: false",
        finds=pod_checks.token,
        right={"automountServiceAccountToken": False},
        wrong={"automountServiceAccountToken": True},
        sources=("CKV_K8S_38", "CIS Kubernetes 5.1.6"),
        severity="medium",
        levels=STRICT_IN_PROD,
    ),
    _pod_rule(
        rule_id="k8s-not-default-sa",
        title="A pod runs as an account of its own.",
        rationale="what is given to the default account is given to every pod of the namespace",
        fix="serviceAccountName: <name>",
        finds=pod_checks.account,
        right={"serviceAccountName": "cancer"},
        wrong={"serviceAccountName": "default"},
        sources=("CKV_K8S_41", "CIS Kubernetes 5.1.5"),
        severity="low",
        levels=ADVICE,
    ),
    _pod_rule(
        rule_id="k8s-apparmor-selinux",
        title="A pod keeps the confinement that its node gives it.",
        rationale="AppArmor and SELinux stop what a hole in the runtime lets through",
        fix="leave seLinuxOptions.user and role out, appArmorProfile: {type: RuntimeDefault}",
        finds=pod_checks.unconfined,
        right={"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}},
        wrong={"securityContext": {"appArmorProfile": {"type": "Unconfined"}}},
        sources=(f"{_STANDARD}, baseline",),
        severity="high",
    ),
    _pod_rule(
        rule_id="k8s-volume-types",
        title="A pod mounts volumes that Kubernetes itself looks after.",
        rationale="other volumes reach storage past the rights that the cluster gives",
        fix="volumes: configMap, csi, downwardAPI, emptyDir, ephemeral, persistentVolumeClaim, "
        "projected or secret",
        finds=pod_checks.odd_volumes,
        right={"volumes": [{"name": "scratch", "emptyDir": {}}]},
        wrong={"volumes": [{"name": "models", "nfs": {"server": "a", "path": "/"}}]},
        sources=(f"{_STANDARD}, restricted",),
        severity="medium",
        levels=STRICT_IN_PROD,
    ),
)
RELIABILITY = (
    _container_rule(
        rule_id="k8s-probes",
        title="A container is asked whether its model is loaded, and whether it lives.",
        rationale="without probes requests go to a server whose model is not loaded, or that hangs",
        fix="readinessProbe: {httpGet: {path: /readyz}}, livenessProbe: {httpGet: {path: /livez}}",
        finds=pod_checks.unasked,
        right=_PROBES,
        wrong={"readinessProbe": _PROBES["readinessProbe"]},
        sources=("CKV_K8S_8", "CKV_K8S_9"),
        severity="medium",
        levels=STRICT_IN_PROD,
        lists=("containers",),
    ),
)
COST = (
    _container_rule(
        rule_id="cost-k8s-requests-set",
        title="A container says how much it needs.",
        rationale="nodes are filled by guess: too many are paid for, or pods are thrown out",
        fix='resources: {requests: {cpu: "500m", memory: "1Gi"}}',
        finds=pod_checks.no_requests,
        right={"resources": {"requests": {"cpu": "1", "memory": "1Gi"}}},
        wrong={"resources": {"requests": {"cpu": "1"}}},
        sources=("CKV_K8S_10", "CKV_K8S_12"),
        severity="medium",
        levels=STRICT_IN_PROD,
        lists=("containers",),
    ),
)
