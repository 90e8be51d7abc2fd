"""Target: one resource's place in a cluster, and who writes there."""

import hashlib
import time
from dataclasses import dataclass
from typing import Final

from modelport.cluster.drift import has_field, refreshed
from modelport.cluster.manifest import Kind, annotation, label, manifest
from modelport.cluster.objects import Object, entries, mapping, text
from modelport.cluster.options import FIELD_MANAGER, Options, flag
from modelport.cluster.problems import ClusterError, Refused
from modelport.cluster.server import NoSuchKind, Server
from modelport.sdk_provider.backing import Values

MANAGER_KEY: Final = "__fieldManager"
INPUTS_KEY: Final = "__inputs"
VERSION_KEY: Final = "__initialApiVersion"
"""Keys in the state by which the official provider finds what it needs (checkpointObject)."""
_STANDING_ORDERS: Final = ("-autoscaler", "-controller", "-manager", "-operator", "helm")
"""Ends of the names of managers that change objects for others, not by hand."""
_DECLARED: Final = "kubectl-client-side-apply"
"""Manager of what `kubectl apply` declared from files of somebody's."""
_KIND_SECONDS: Final = 5.0
"""How long a kind whose definition was just made may take to be served."""


@dataclass(frozen=True, slots=True)
class Target:
    """One resource's place in a cluster."""

    server: Server
    kind: Kind
    namespace: str
    name: str
    manager: str
    options: Options

    @property
    def label(self) -> str:
        """How errors call it."""
        return label(self.kind, f"{self.namespace}/{self.name}".strip("/"))


def field_manager(urn: str, inputs: Object, outputs: Object) -> str:
    """The field manager of a resource: always the same, so that a killed update finds its own.

    The annotation `pulumi.com/patchFieldManager` comes first, then what the state has (also from
    the official provider), then a name made of the resource's URN.
    """
    digest = hashlib.sha256(urn.encode()).hexdigest()[:12]
    return annotation(inputs, FIELD_MANAGER) or text(outputs, MANAGER_KEY) or f"modelport-{digest}"


def send(target: Target, inputs: Values, outputs: Values, *, dry_run: bool) -> Object:
    """Apply an object; what others changed and a refresh has shown is set back."""
    made = manifest(target.kind, inputs)
    place = (target.namespace, target.name, target.manager)
    try:
        return target.server.apply(made, *place, force=target.options.force, dry_run=dry_run)
    except Refused as error:
        if not error.conflicts or not _is_seen_drift(error.conflicts, target, outputs):
            raise
    return target.server.apply(made, *place, force=True, dry_run=dry_run)


def _is_seen_drift(conflicts: dict[str, list[str]], target: Target, outputs: Values) -> bool:
    """Whether others only changed what this resource had set, and the state knows of it.

    Then the preview has shown the change back, and it is made. Fields that other declarative
    tools or controllers hold stay theirs.
    """
    known = mapping(outputs, INPUTS_KEY)
    live = target.server.get(target.kind, target.namespace, target.name)
    if live is None or not known or refreshed(known, outputs, live) != known:
        return False
    by_hand = {
        manager
        for entry in entries(live, "metadata", "managedFields")
        if text(entry, "operation") == "Update"
        and not (manager := text(entry, "manager")).endswith(_STANDING_ORDERS)
        and manager != _DECLARED
    }
    return all(
        manager in by_hand and all(has_field(known, path) for path in paths)
        for manager, paths in conflicts.items()
    )


def may_take(found: Object, target: Target, config: Object) -> bool:
    """Whether an object that is there already is ours, or may become it."""
    ours = any(
        text(entry, "manager") == target.manager
        for entry in entries(found, "metadata", "managedFields")
    )
    return ours or flag(config, "upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS")


def taken(found: Object, target: Target) -> str:
    """The sentence for an object of somebody else in a new resource's place."""
    managers = dict.fromkeys(
        text(entry, "manager") for entry in entries(found, "metadata", "managedFields")
    )
    by = f", made by {', '.join(repr(name) for name in managers)}" if managers else ""
    return (
        f"{target.label} exists already{by}; import it, change it with {target.kind.name}Patch, "
        "give another metadata.name, or set upsertExistingObjects on the provider"
    )


def await_kind(target: Target) -> None:
    """Wait until the kind is served; a definition made a moment ago may not be served yet."""
    deadline = time.monotonic() + _KIND_SECONDS
    while True:
        try:
            target.server.resource(target.kind)
        except NoSuchKind:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.3)
        else:
            return


def release(target: Target, manager: str) -> None:
    """Give up all fields of a manager, by applying nothing in its name."""
    nothing: Object = {
        "apiVersion": target.kind.api_version,
        "kind": target.kind.name,
        "metadata": {"name": target.name},
    }
    try:
        target.server.apply(nothing, target.namespace, target.name, manager)
    except Refused as error:
        if error.reason != "Invalid":
            raise
        message = (
            f"{target.label}: the patch holds required fields, so they cannot be given back "
            f"({error}); set retain_on_delete, or let another manager own them first"
        )
        raise ClusterError(message) from error
