"""Operators: what a cluster must have for a deployment, and wishes that contradict each other."""

from collections.abc import Iterator

from modelport.config import Deployment
from modelport.config.targets.kubernetes import KubernetesTarget
from modelport.plan.access import auth_of


def operators(target: KubernetesTarget) -> list[str]:
    """What the cluster must have, by its own name; empty for Kubernetes alone."""
    autoscaling = target.autoscaling
    wanted = {
        "Prometheus Operator": target.monitoring,
        "KEDA": autoscaling and autoscaling.keda,
        "prometheus-adapter": autoscaling and not autoscaling.keda,
        "cert-manager": target.certificate,
        "External Secrets Operator": target.key_secret,
    }
    return [name for name, wish in wanted.items() if wish]


def operator_refusals(config: Deployment, target: KubernetesTarget) -> list[str]:
    """Why what is wished of them cannot be, one sentence each."""
    return [
        *_scaling(config, target),
        *_keys(config, target),
        *_certificate(target),
    ]


def _scaling(config: Deployment, target: KubernetesTarget) -> Iterator[str]:
    autoscaling, replicas = target.autoscaling, target.replicas
    keda = autoscaling.keda if autoscaling else None
    if autoscaling and "cpu_percent" in replicas.model_fields_set:
        yield (
            "target.replicas.cpu_percent: load is measured by target.autoscaling.in_flight; take "
            "one of them away"
        )
    if replicas.min == 0 and keda is None:
        yield (
            "target.replicas.min 0: a HorizontalPodAutoscaler keeps one pod at least; write "
            "min: 1, or target.autoscaling.keda with wake"
        )
    elif replicas.min == 0 and keda is not None and keda.wake is None:
        yield (
            "target.autoscaling.keda.wake: is missing, and pods that are not there count no "
            "requests; write a query of what counts them before, or target.replicas.min: 1"
        )
    elif replicas.min and keda is not None and keda.wake is not None:
        yield (
            f"target.autoscaling.keda.wake: with replicas.min {replicas.min} nothing sleeps; take "
            "it away, or write target.replicas.min: 0"
        )
    if replicas.min == 0 and config.workload.always_running:
        yield "workload.cold_start none: with target.replicas.min 0 nothing may run; write min: 1"


def _keys(config: Deployment, target: KubernetesTarget) -> Iterator[str]:
    auth = auth_of(config)
    if target.key_secret and auth != "api_key":
        yield f"target.key_secret: with auth {auth} callers send no key; take it away"
    if target.monitoring and auth != "api_key":
        yield (
            f"target.monitoring: with auth {auth} Prometheus has nothing to prove itself with; "
            "write auth: api_key, or take it away"
        )


def _certificate(target: KubernetesTarget) -> Iterator[str]:
    if target.certificate is None:
        return
    ingress = target.route.ingress
    if target.route.gateway:
        yield (
            "target.certificate: the listeners of a Gateway hold its certificates; take it away, "
            "and ask cert-manager at the Gateway"
        )
    elif ingress is None:
        yield "target.certificate: there is no host; write target.route.ingress, or take it away"
    elif ingress.scheme == "http":
        yield "target.certificate: target.route.ingress.scheme is http; write https"
    elif ingress.tls_secret:
        yield "target.certificate: target.route.ingress.tls_secret names another; keep one of them"
