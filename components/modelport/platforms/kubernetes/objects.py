"""Objects: what every object of a deployment begins with."""

from typing import TYPE_CHECKING, Any

from modelport.platforms.kubernetes.names import INSTANCE, REVISION
from modelport.platforms.kubernetes.pods import Values

if TYPE_CHECKING:
    from modelport.platforms.kubernetes.plan import KubernetesPlan


UNAWAITED = {"skipAwait": "true"}
"""Of an object that is ready once traffic is moved, and not before; some never say an address."""


def made(plan: "KubernetesPlan", version: str, kind: str, name: str = "", **parts: Any) -> Values:
    """An object with the deployment's labels.

    Args:
        plan: The deployment.
        version: Version of its API, e.g. `apps/v1`.
        kind: Its kind.
        name: Its name; the deployment's own by default.
        parts: The rest, e.g. `spec`.
    """
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {
            "name": name or plan.physical_name,
            **({} if kind == "Namespace" else {"namespace": plan.namespace}),
            "labels": _labels(plan),
        },
        **parts,
    }


def pod_labels(plan: "KubernetesPlan") -> dict[str, str]:
    """Labels of the pods of one revision."""
    return {INSTANCE: plan.physical_name, REVISION: plan.revision}


def annotated(manifest: Values, **annotations: str) -> Values:
    """An object with annotations of the engine's, e.g. `skipAwait`."""
    named = {f"pulumi.com/{name}": value for name, value in annotations.items()}
    manifest["metadata"]["annotations"] = named
    return manifest


def _labels(plan: "KubernetesPlan") -> dict[str, str]:
    return {
        "app.kubernetes.io/name": plan.bundle,
        INSTANCE: plan.physical_name,
        "app.kubernetes.io/managed-by": "modelport",
        **{f"modelport/{key}": value for key, value in plan.tags.items() if key != "managed-by"},
    }
