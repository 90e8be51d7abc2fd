"""Rules about what stands around pods: services, namespaces, roles, copies and jobs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from modelport_policies.demands import has_at_least, is_none_of, within
from modelport_policies.relations import of_type
from modelport_policies.rule import (
    ADVICE,
    NOT_IN_DEV,
    STRICT_IN_PROD,
    Parameter,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import UNKNOWN, items, read, text

_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_SERVICE = "kubernetes:core/v1:Service"
_NAMESPACE = "kubernetes:core/v1:Namespace"
_INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
_SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
_JOB = "kubernetes:batch/v1:Job"
_ROLES = (
    "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole",
    "kubernetes:rbac.authorization.k8s.io/v1:Role",
)
_ENFORCE = "pod-security.kubernetes.io/enforce"
_INTERNAL = {
    "cloud.google.com/load-balancer-type": ("Internal",),
    "networking.gke.io/load-balancer-type": ("Internal",),
    "service.beta.kubernetes.io/aws-load-balancer-internal": ("true",),
    "service.beta.kubernetes.io/aws-load-balancer-scheme": ("internal",),
    "service.beta.kubernetes.io/azure-load-balancer-internal": ("true",),
}
"""Annotations that keep a load balancer inside, by the clouds' own documentation."""


def _public(resource: Resource, _: Settings) -> Iterator[str]:
    kind = text(resource.properties, "spec", "type")
    if read(resource.properties, "metadata") is UNKNOWN or kind not in ("LoadBalancer", "NodePort"):
        return
    if text(resource.properties, "metadata", "labels", "exposure") in ("public", UNKNOWN):
        return
    for name, values in _INTERNAL.items():
        if text(resource.properties, "metadata", "annotations", name) in (*values, UNKNOWN):
            return
    if read(resource.properties, "metadata", "annotations") is not UNKNOWN:
        yield f"has spec.type {kind}, so the model is reached from outside the cluster"


def _wildcards(resource: Resource, _: Settings) -> Iterator[str]:
    for index, rule in items(resource.properties, "rules"):
        if not isinstance(rule, Mapping):
            continue
        for field in ("verbs", "resources"):
            if "*" in [value for _, value in items(rule, field)]:
                yield f"allows '*' in rules[{index}].{field}"


def _walled(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    walled = {
        text(item.properties, "metadata", "namespace") for item in of_type(resources, _POLICY)
    }
    for deployment in of_type(resources, _DEPLOYMENT):
        namespace = text(deployment.properties, "metadata", "namespace")
        if UNKNOWN not in (namespace, *walled) and namespace not in walled:
            yield deployment, "is in a namespace without a NetworkPolicy: every pod reaches it"


def _enforced(resource: Resource, _: Settings) -> Iterator[str]:
    if read(resource.properties, "metadata", "labels") is UNKNOWN:
        return
    found = text(resource.properties, "metadata", "labels", _ENFORCE)
    if found not in ("restricted", "baseline", UNKNOWN):
        yield f"takes pods of any kind: it has no label {_ENFORCE}"


def _budgeted(resource: Resource, _: Settings) -> Iterator[str]:
    if read(resource.properties, "spec", "maxUnavailable") in (0, "0", "0%"):
        yield "sets spec.maxUnavailable to 0, so no node can ever be drained"


def _counted(resources: Sequence[Resource], settings: Settings) -> Iterator[str]:
    most, seen = float(settings["most"]), Counter[str]()
    for service in of_type(resources, _SERVICE):
        namespace = text(service.properties, "metadata", "namespace")
        if text(service.properties, "spec", "type") == "LoadBalancer" and namespace is not UNKNOWN:
            seen[namespace if isinstance(namespace, str) else "default"] += 1
    for count in seen.values():
        if count > most:
            yield f"has {count} LoadBalancers in one namespace, more than {most:g}"


def _balanced(namespace: str, kind: str = "LoadBalancer") -> dict[str, object]:
    return {"metadata": {"namespace": namespace}, "spec": {"type": kind}}


ENFORCED = Rule(
    id="k8s-namespace-pss-label",
    title="A namespace takes pods of the restricted standard only.",
    severity="medium",
    types=(_NAMESPACE,),
    rationale="the cluster itself then refuses what slips past every review",
    fix='metadata.labels={"pod-security.kubernetes.io/enforce": "restricted"}',
    sources=("Kubernetes, 'Pod Security Admission'",),
    levels=STRICT_IN_PROD,
    reads=(Reads("metadata.labels", "fails"),),
    passes=Sample(_NAMESPACE, {"metadata": {"labels": {_ENFORCE: "restricted"}}}),
    fails=Sample(_NAMESPACE, {"metadata": {"labels": {_ENFORCE: "privileged"}}}),
    check=_enforced,
)

SERVICE_INSIDE = Rule(
    id="k8s-no-public-loadbalancer",
    title="A service that is not meant for the internet has no address there.",
    severity="high",
    types=(_SERVICE,),
    rationale="a LoadBalancer gets a public address unless told otherwise, with no TLS before it",
    fix='type: ClusterIP behind an Ingress or Gateway, or the label exposure: "public"',
    sources=("Pulumi kubernetes-core-v1-service-disallow-load-balancer",),
    levels=STRICT_IN_PROD,
    reads=(Reads("spec.type", "passes"),),
    passes=Sample(_SERVICE, {"spec": {"type": "ClusterIP"}}),
    fails=Sample(_SERVICE, {"spec": {"type": "LoadBalancer"}}),
    also_passes=(
        Sample(
            _SERVICE,
            {"spec": {"type": "LoadBalancer"}, "metadata": {"labels": {"exposure": "public"}}},
        ),
        *(
            Sample(
                _SERVICE,
                {
                    "spec": {"type": "LoadBalancer"},
                    "metadata": {"annotations": {name: values[0]}},
                },
            )
            for name, values in _INTERNAL.items()
        ),
    ),
    also_fails=(Sample(_SERVICE, {"spec": {"type": "NodePort"}}),),
    check=_public,
)

INGRESS_TLS = Rule(
    id="k8s-ingress-tls",
    title="An ingress is spoken to over TLS.",
    severity="high",
    types=(_INGRESS,),
    rationale="keys and requests in plain HTTP can be read and changed on the way",
    fix="spec.tls: [{hosts: [<host>], secretName: <certificate>}]",
    sources=("OWASP API Security Top 10 2023, API8", "CWE-319"),
    levels=STRICT_IN_PROD,
    passes=Sample(_INGRESS, {"spec": {"tls": [{"hosts": ["a.example.com"], "secretName": "a"}]}}),
    fails=Sample(_INGRESS, {"spec": {"rules": [{"host": "a.example.com"}]}}),
    check=has_at_least("spec.tls", 1, "so it takes plain HTTP"),
)

ROLES_BOUNDED = Rule(
    id="k8s-rbac-no-wildcard",
    title="No role allows every verb or every resource.",
    severity="high",
    types=_ROLES,
    rationale="it allows what the next version of the cluster brings as well, secrets first",
    fix='verbs: ["get", "list"], resources: ["configmaps"]',
    sources=("CKV_K8S_49", "CIS Kubernetes 5.1.3"),
    reads=(Reads("rules[].verbs[]", "passes"), Reads("rules[].resources[]", "passes")),
    passes=Sample(_ROLES[0], {"rules": [{"verbs": ["get"], "resources": ["configmaps"]}]}),
    fails=Sample(_ROLES[0], {"rules": [{"verbs": ["*"], "resources": ["configmaps"]}]}),
    also_fails=(Sample(_ROLES[1], {"rules": [{"verbs": ["get"], "resources": ["pods", "*"]}]}),),
    check=_wildcards,
)

NAMESPACE_WALLED = Rule(
    id="k8s-networkpolicy-present",
    title="A namespace with a model has a network policy.",
    severity="medium",
    types=(_DEPLOYMENT, _POLICY),
    rationale="without one every pod of the cluster reaches every port of the model",
    fix="a NetworkPolicy in the namespace, with policyTypes: [Ingress]",
    sources=("CIS Kubernetes 5.3.2", "CKV2_K8S_6"),
    levels=STRICT_IN_PROD,
    passes=Sample(
        _DEPLOYMENT,
        {"metadata": {"namespace": "walled"}},
        beside=(Sample(_POLICY, {"metadata": {"namespace": "walled"}}),),
    ),
    fails=Sample(_DEPLOYMENT, {"metadata": {"namespace": "open"}}),
    also_fails=(
        Sample(
            _DEPLOYMENT,
            {"metadata": {"namespace": "a"}},
            beside=(Sample(_POLICY, {"metadata": {"namespace": "b"}}),),
        ),
    ),
    stack_check=_walled,
)

OWN_NAMESPACE = Rule(
    id="k8s-not-default-namespace",
    title="A deployment is in a namespace of its own.",
    severity="low",
    types=(_DEPLOYMENT,),
    rationale="rights, quotas and network policies are given by namespace",
    fix="metadata.namespace: <name>",
    sources=("CKV_K8S_21", "CIS Kubernetes 5.7.4"),
    levels=ADVICE,
    passes=Sample(_DEPLOYMENT, {"metadata": {"namespace": "cancer"}}),
    fails=Sample(_DEPLOYMENT, {"metadata": {"namespace": "default"}}),
    check=is_none_of("metadata.namespace", ("default",), "which it shares with everybody"),
)

TWO_COPIES = Rule(
    id="k8s-min-replicas",
    title="In prod a deployment has two copies or more.",
    severity="medium",
    types=(_DEPLOYMENT,),
    rationale="with one copy, every drained node is an outage",
    fix="spec.replicas: 2, or a HorizontalPodAutoscaler with minReplicas: 2",
    sources=("Pulumi kubernetes-apps-v1-deployment-configure-minimum-replica-count",),
    levels=NOT_IN_DEV,
    passes=Sample(_DEPLOYMENT, {"spec": {"replicas": 2}}),
    fails=Sample(_DEPLOYMENT, {"spec": {"replicas": 1}}),
    check=within("spec.replicas", 2, None, "so a drained node is an outage", absent="passes"),
)

DRAINABLE = Rule(
    id="k8s-pdb",
    title="A disruption budget lets nodes be drained.",
    severity="medium",
    types=(_BUDGET,),
    rationale="a node that cannot be drained is not updated, or is switched off all the same",
    fix="spec.maxUnavailable: 1",
    sources=(
        "Pulumi kubernetes-policy-v1-pod-disruption-budget-disallow-zero-voluntary-disruption",
    ),
    reads=(Reads("spec.maxUnavailable", "passes"),),
    passes=Sample(_BUDGET, {"spec": {"maxUnavailable": 1}}),
    fails=Sample(_BUDGET, {"spec": {"maxUnavailable": 0}}),
    also_fails=(Sample(_BUDGET, {"spec": {"maxUnavailable": "0%"}}),),
    check=_budgeted,
)

COPIES_CAPPED = Rule(
    id="cost-k8s-hpa",
    title="A scaler has a largest number of copies that somebody agreed to.",
    severity="medium",
    types=(_SCALER,),
    rationale="a loop in somebody's script otherwise starts nodes until the cluster's own limit",
    fix="spec.maxReplicas: 10",
    sources=("az-costguard (analogue)",),
    parameters={"most": Parameter(20, "largest number of copies")},
    passes=Sample(_SCALER, {"spec": {"maxReplicas": 4}}),
    fails=Sample(_SCALER, {"spec": {"maxReplicas": 100}}),
    check=within("spec.maxReplicas", 1, "most", "and nodes are started for them"),
)

JOBS_CLEANED = Rule(
    id="cost-k8s-job-cleanup",
    title="A job is removed when it has ended.",
    severity="low",
    types=(_JOB,),
    rationale="pods of jobs that ended keep their disks, and lists of them slow the cluster",
    fix="spec.ttlSecondsAfterFinished: 3600",
    sources=("Kubernetes, 'Automatic Cleanup for Finished Jobs'",),
    levels=ADVICE,
    parameters={"max_seconds": Parameter(86400, "longest time in seconds")},
    passes=Sample(_JOB, {"spec": {"ttlSecondsAfterFinished": 3600}}),
    fails=Sample(_JOB, {"spec": {"backoffLimit": 2}}),
    check=within("spec.ttlSecondsAfterFinished", 0, "max_seconds", "so it stays for ever"),
)

ONE_BALANCER = Rule(
    id="cost-k8s-lb-count",
    title="A namespace has one load balancer.",
    severity="low",
    types=(_SERVICE,),
    rationale="each is one of the cloud's, at about 20 USD a month, and an address to look after",
    fix="type: ClusterIP, and one Gateway or Ingress before all of them",
    sources=("Pulumi kubernetes-core-v1-service-disallow-load-balancer",),
    levels=ADVICE,
    parameters={"most": Parameter(1, "largest number in a namespace")},
    passes=Sample(
        _SERVICE, _balanced("one"), beside=(Sample(_SERVICE, _balanced("one", "ClusterIP")),)
    ),
    fails=Sample(_SERVICE, _balanced("two"), beside=(Sample(_SERVICE, _balanced("two")),)),
    also_passes=(Sample(_SERVICE, _balanced("a"), beside=(Sample(_SERVICE, _balanced("b")),)),),
    stack_check=_counted,
)

SECURITY = (ENFORCED, SERVICE_INSIDE, INGRESS_TLS, ROLES_BOUNDED, NAMESPACE_WALLED, OWN_NAMESPACE)
RELIABILITY = (TWO_COPIES, DRAINABLE)
COST = (COPIES_CAPPED, JOBS_CLEANED, ONE_BALANCER)
