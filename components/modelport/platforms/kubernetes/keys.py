"""Keys: what pods know the key of callers by."""

from typing import TYPE_CHECKING, Any

from modelport.platforms.kubernetes.names import METRICS_KEY
from modelport.platforms.kubernetes.objects import annotated, made
from modelport.platforms.kubernetes.pods import KEY_VARIABLE, Values

if TYPE_CHECKING:
    from modelport.config.targets.cluster_operators import KeySecret
    from modelport.platforms.kubernetes.plan import KubernetesPlan

EXTERNAL_VERSION = "external-secrets.io/v1"
_FETCHED = "fetched"
"""What a template calls the value that came out of the store."""
_READY = {"waitFor": "condition=Ready"}


def key_objects(plan: "KubernetesPlan", key_hash: Any) -> dict[str, Values]:
    """The secret of the pods, or what fetches it; nothing where callers send no key."""
    if plan.auth != "api_key":
        return {}
    if plan.target.key_secret:
        return {"key": annotated(_external(plan, plan.target.key_secret), **_READY)}
    data = {KEY_VARIABLE: key_hash}
    return {"key-hash": made(plan, "v1", "Secret", key_secret_name(plan), stringData=data)}


def key_secret_name(plan: "KubernetesPlan") -> str:
    """Name of the secret that pods read."""
    return f"{plan.physical_name}-key"


def _external(plan: "KubernetesPlan", wanted: "KeySecret") -> Values:
    """Pods need its hash only; who proves the deployment, or scrapes it, needs the key itself.

    Templates have the functions of Sprig: https://external-secrets.io/latest/guides/templating/.
    """
    reference = {"key": wanted.key, **({"property": wanted.property} if wanted.property else {})}
    plain = f"{{{{ .{_FETCHED} | trim }}}}"
    template = {
        "engineVersion": "v2",
        "data": {METRICS_KEY: plain, KEY_VARIABLE: f"{{{{ .{_FETCHED} | trim | sha256sum }}}}"},
    }
    name = key_secret_name(plan)
    spec = {
        "refreshInterval": f"{wanted.refresh_minutes}m",
        "secretStoreRef": {"kind": wanted.store_kind, "name": wanted.store},
        "target": {"name": name, "creationPolicy": "Owner", "template": template},
        "data": [{"secretKey": _FETCHED, "remoteRef": reference}],
    }
    return made(plan, EXTERNAL_VERSION, "ExternalSecret", name, spec=spec)
