"""Door: how callers from outside come in, with the certificate of its host."""

from typing import TYPE_CHECKING

from modelport.platforms.kubernetes.names import PORT_NAME
from modelport.platforms.kubernetes.objects import UNAWAITED, annotated, made
from modelport.platforms.kubernetes.pods import Values

if TYPE_CHECKING:
    from modelport.config.targets.kubernetes import Gateway, Ingress
    from modelport.platforms.kubernetes.plan import KubernetesPlan

GATEWAY_VERSION = "gateway.networking.k8s.io/v1"
CERTIFICATE_VERSION = "cert-manager.io/v1"


def door(plan: "KubernetesPlan") -> dict[str, Values]:
    """What lets callers in, by the end of its resource's name; nothing inside the cluster only."""
    route = plan.target.route
    if route.ingress:
        return {**_certificate(plan, route.ingress.host), "ingress": _ingress(plan, route.ingress)}
    return {"route": _route(plan, route.gateway)} if route.gateway else {}


def _ingress(plan: "KubernetesPlan", ingress: "Ingress") -> Values:
    backend = {"service": {"name": plan.physical_name, "port": {"name": PORT_NAME}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    tls: Values = {"hosts": [ingress.host]}
    if secret := _tls_secret(plan, ingress):
        tls["secretName"] = secret
    spec: Values = {"rules": [{"host": ingress.host, "http": {"paths": paths}}]}
    if ingress.class_name:
        spec["ingressClassName"] = ingress.class_name
    if ingress.scheme == "https":
        spec["tls"] = [tls]
    return annotated(made(plan, "networking.k8s.io/v1", "Ingress", spec=spec), **UNAWAITED)


def _tls_secret(plan: "KubernetesPlan", ingress: "Ingress") -> str | None:
    """Secret with the certificate: cert-manager's, or one that is there."""
    return f"{plan.physical_name}-tls" if plan.target.certificate else ingress.tls_secret


def _certificate(plan: "KubernetesPlan", host: str) -> dict[str, Values]:
    """It is not waited for: an issuer may want to call the host first."""
    wanted = plan.target.certificate
    if wanted is None:
        return {}
    spec = {
        "secretName": f"{plan.physical_name}-tls",
        "dnsNames": [host],
        "issuerRef": {
            "group": CERTIFICATE_VERSION.partition("/")[0],
            "kind": wanted.issuer_kind,
            "name": wanted.issuer,
        },
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
    }
    return {"certificate": made(plan, CERTIFICATE_VERSION, "Certificate", spec=spec)}


def _route(plan: "KubernetesPlan", gateway: "Gateway") -> Values:
    reference = {"name": gateway.name, "namespace": gateway.namespace}
    if gateway.listener:
        reference["sectionName"] = gateway.listener
    spec = {"parentRefs": [reference], "hostnames": [gateway.host]}
    return made(plan, GATEWAY_VERSION, "HTTPRoute", spec=spec)
