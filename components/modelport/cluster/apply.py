"""Apply: resources as objects of a real cluster, by server-side apply."""

import json
import threading
from typing import Final

from modelport.cluster.connection import connect
from modelport.cluster.drift import imported, refreshed
from modelport.cluster.foresight import foreseen, merged
from modelport.cluster.invoke import answer
from modelport.cluster.manifest import (
    Kind,
    is_patch,
    kind_of,
    object_id,
    parse_id,
    state,
)
from modelport.cluster.objects import Object, entries, mapping, text
from modelport.cluster.options import flag, options
from modelport.cluster.problems import ClusterError, Refused, Unreachable
from modelport.cluster.server import NoSuchKind, Server
from modelport.cluster.target import (
    INPUTS_KEY,
    MANAGER_KEY,
    VERSION_KEY,
    Target,
    await_kind,
    field_manager,
    may_take,
    release,
    send,
    taken,
)
from modelport.cluster.waiting import NotReady, Waiter
from modelport.provider.wire import Secret, has_unknowns
from modelport.sdk.types import FunctionSchema
from modelport.sdk_provider.backing import Backing, PartialFailure, Problem, Request, Values

_UNREACHABLE_HINT: Final = (
    "if the cluster is gone for good, set PULUMI_K8S_DELETE_UNREACHABLE=true and run it again"
)
_LEGACY_SKIP: Final = frozenset(
    {"Namespace", "Pod", "ReplicationController", "DaemonSet", "Deployment", "StatefulSet", "Job"}
)
"""Kinds for which `skipAwait` holds for deletions too (allowsSkipAwaitWithDelete)."""


class ClusterBacking(Backing):
    """Applies resources to the cluster that the provider's config names, and waits for them."""

    def __init__(self) -> None:
        self._servers: dict[str, Server] = {}
        self._lock = threading.Lock()
        self._cancelled = threading.Event()

    def check_config(self, config: Values) -> list[Problem]:
        """Whether the kubeconfig can be used; nothing is sent."""
        if has_unknowns(config):
            return []
        try:
            connect(config)
        except Unreachable:
            return []  # a preview can do without; an update says so itself
        except ClusterError as error:
            return [Problem("kubeconfig", str(error))]
        return []

    def complete(self, request: Request, inputs: Values, old: Values) -> Values:
        """The inputs with their namespace, where the kind has namespaces."""
        del old
        metadata = inputs.get("metadata")
        if metadata is not None and not isinstance(metadata, dict):
            return inputs  # unknown as a whole
        if mapping(metadata).get("namespace") is not None or "items" in inputs:
            return inputs
        try:
            server = self._server(request)
            if not server.resource(kind_of(request.token, inputs)).namespaced:
                return inputs
        except (Unreachable, NoSuchKind):
            return inputs
        return {**inputs, "metadata": {**mapping(metadata), "namespace": server.namespace}}

    def check(self, request: Request, inputs: Values) -> list[Problem]:
        """Annotations that ask for something that cannot be."""
        if has_unknowns(inputs):
            return []
        try:
            options(inputs, dict(request.config), request.timeout)
        except ClusterError as error:
            return [Problem("metadata.annotations", str(error))]
        if is_patch(request.token, inputs) and not text(inputs, "metadata", "name"):
            reason = "missing; a patch names the object that it changes"
            return [Problem("metadata.name", reason)]
        return []

    def cancel(self) -> None:
        """Give up waiting: what is not ready yet stays in the state as not ready."""
        self._cancelled.set()

    def preview(self, request: Request, inputs: Values, outputs: Values | None) -> Values:
        """What the cluster says to a dry run; the inputs where it cannot be asked."""
        if has_unknowns(inputs):
            return merged(inputs, outputs)
        try:
            target = self._target(request, inputs, outputs or {})
            if outputs is None and self._stands_already(request, target, inputs):
                return merged(inputs, None)
            live = send(target, inputs, outputs or {}, dry_run=True)
        except (Unreachable, NoSuchKind) as error:
            request.status(f"not checked by the cluster: {error}")
            return merged(inputs, outputs)
        except Refused as error:
            if error.missing_namespace or error.lacks_permission:
                # The namespace may come with this very update; who previews may not be who updates.
                request.status(f"not checked by the cluster: {error}")
                return merged(inputs, outputs)
            raise
        return self._outputs(target, inputs, foreseen(live, inputs, outputs))

    def _stands_already(self, request: Request, target: Target, inputs: Values) -> bool:
        """Whether a new object's place is taken by one that makes room, or that is taken over.

        A dry run would compare with the old object and refuse what the new one may have.
        """
        found = target.server.get(target.kind, target.namespace, target.name)
        if found is None or is_patch(request.token, inputs):
            return False
        managers = {text(item, "manager") for item in entries(found, "metadata", "managedFields")}
        ours = any(name.startswith(("modelport-", "pulumi-kubernetes")) for name in managers)
        if not ours and not may_take(found, target, dict(request.config)):
            raise ClusterError(taken(found, target))
        return True

    def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        """Apply a new object and wait until it is ready."""
        target = self._target(request, inputs, {})
        await_kind(target)
        found = target.server.get(target.kind, target.namespace, target.name)
        if found is not None and text(found, "metadata", "deletionTimestamp"):
            self._waiter(request, target).until_gone(found, target.options.timeout)
            found = None
        if is_patch(request.token, inputs):
            if found is None:
                message = f"{target.label}: it is not there, so there is nothing to patch"
                raise ClusterError(message)
        elif found is not None and not may_take(found, target, dict(request.config)):
            raise ClusterError(taken(found, target))
        outputs = self._apply(request, target, inputs, {})
        return object_id(outputs), outputs

    def read(
        self, request: Request, resource_id: str, inputs: Values, outputs: Values
    ) -> tuple[Values, Values] | None:
        """The object as it is now, and what became of the fields that the program set."""
        config = dict(request.config)
        try:
            server = self._server(request)
            namespace, name = parse_id(resource_id)
            kind = kind_of(request.token, inputs, outputs)
            live = server.get(kind, namespace, name)
        except Unreachable as error:
            if flag(config, "deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"):
                return None
            if flag(config, "skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE"):
                return inputs, outputs
            message = f"{error}; {_UNREACHABLE_HINT}"
            raise Unreachable(message) from error
        if live is None:
            return None
        if not inputs:
            now = imported(live, set(request.schema.inputs) | {"apiVersion", "kind"})
        else:
            now = refreshed(inputs, outputs, live)
        target = self._target(request, {**now, "metadata": mapping(live, "metadata")}, outputs)
        seen = self._outputs(target, now, state(live))
        waiter = self._waiter(request, target)
        judged = waiter.judge(live, target.options)
        if inputs and judged.state != "ready":
            reasons = waiter.reasons(live, judged, target.options)
            raise PartialFailure(resource_id, now, seen, reasons)
        return now, seen

    def update(
        self, request: Request, resource_id: str, old: Values, new: Values, outputs: Values
    ) -> Values:
        """Apply the changed object and wait until it is ready again."""
        del resource_id
        target = self._target(request, new, outputs)
        await_kind(target)
        before = text(outputs, MANAGER_KEY)
        changed = self._apply(request, target, new, outputs)
        if before and before != target.manager:
            release(target, before)
        del old
        return changed

    def delete(self, request: Request, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Delete the object and wait until it is gone; a patch gives its fields back."""
        config = dict(request.config)
        try:
            target = self._target(request, {**outputs, **inputs}, outputs, resource_id)
            live = target.server.get(target.kind, target.namespace, target.name)
            if live is None:
                return
            if is_patch(request.token, inputs):
                release(target, target.manager)
                return
            deleted = target.server.delete(
                target.kind, target.namespace, target.name, target.options.propagation
            )
        except Unreachable as error:
            if flag(config, "deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"):
                return
            message = f"{error}; {_UNREACHABLE_HINT}"
            raise Unreachable(message) from error
        skipped = target.options.skip_await and target.kind.name in _LEGACY_SKIP
        if deleted and not skipped:
            self._waiter(request, target).until_gone(live, target.options.timeout)
        if target.kind.name == "CustomResourceDefinition":
            _forget(target.server, live)

    def invoke(self, schema: FunctionSchema, arguments: Values, config: Values) -> Values:
        """Answer the functions that need no cluster."""
        del config
        return answer(schema.token, arguments)

    # -- parts

    def _server(self, request: Request) -> Server:
        if has_unknowns(dict(request.config)):
            message = "the provider's config is not known before the update"
            raise Unreachable(message)
        key = json.dumps(dict(request.config), sort_keys=True, default=str)
        with self._lock:
            server = self._servers.get(key)
            if server is None:
                server = self._servers[key] = Server(connect(dict(request.config)))
            return server

    def _target(
        self, request: Request, inputs: Values, outputs: Values, resource_id: str = ""
    ) -> Target:
        server = self._server(request)
        namespace, name = parse_id(resource_id)
        return Target(
            server=server,
            kind=kind_of(request.token, inputs),
            namespace=namespace or text(inputs, "metadata", "namespace"),
            name=name or text(inputs, "metadata", "name"),
            manager=field_manager(request.urn, inputs, outputs),
            options=options(inputs, dict(request.config), request.timeout),
        )

    def _waiter(self, request: Request, target: Target) -> Waiter:
        return Waiter(target.server, request.status, self._cancelled)

    def _apply(self, request: Request, target: Target, inputs: Values, outputs: Values) -> Values:
        live = send(target, inputs, outputs, dry_run=False)
        try:
            live = self._waiter(request, target).until_ready(live, target.options)
        except NotReady as error:
            seen = self._outputs(target, inputs, state(error.live))
            raise PartialFailure(object_id(error.live), inputs, seen, error.reasons) from error
        if target.kind.name == "CustomResourceDefinition":
            _forget(target.server, live)
        return self._outputs(target, inputs, state(live))

    def _outputs(self, target: Target, inputs: Values, live: Object) -> Values:
        return {
            **live,
            INPUTS_KEY: _hidden(target.kind, inputs),
            VERSION_KEY: target.kind.api_version,
            MANAGER_KEY: target.manager,
        }


def _hidden(kind: Kind, inputs: Values) -> Values:
    """The copy of the inputs in the state, with what a Secret holds marked as secret."""
    if kind != Kind("v1", "Secret"):
        return inputs
    secret = ("data", "stringData")
    return {key: Secret(value) if key in secret else value for key, value in inputs.items()}


def _forget(server: Server, definition: Object) -> None:
    """A definition changed: the kinds of its group are asked for again."""
    group = text(definition, "spec", "group")
    for version in entries(definition, "spec", "versions"):
        server.forget(Kind(f"{group}/{text(version, 'name')}", ""))
