"""Server: the calls to a Kubernetes API that the provider makes, as plain JSON."""

import json
import threading
import time
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import quote

import urllib3
from kubernetes.client.exceptions import ApiException

from modelport.cluster.connection import Connection
from modelport.cluster.manifest import Kind, label
from modelport.cluster.objects import Object, entries, text
from modelport.cluster.problems import (
    Call,
    ClusterError,
    Refused,
    Unreachable,
    retry_after,
    status_of,
)

_APPLY: Final = "application/apply-patch+yaml"
_MERGE: Final = "application/merge-patch+json"
_CONNECT_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 60.0
_SILENT_SECONDS: Final = 60.0
"""For how long a cluster that never answered is not asked again."""
_TRIES: Final = 5
_NO_LOG: Final = "unable to retrieve container logs"
"""What a node answers, as if it were the log, once it has removed the container."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Where the API has the objects of one kind."""

    kind: Kind
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "", part: str = "") -> str:
        """Path of an object, or of all when no name is given."""
        root = (
            f"/apis/{self.kind.api_version}" if self.kind.group else f"/api/{self.kind.api_version}"
        )
        where = f"/namespaces/{quote(namespace)}" if self.namespaced and namespace else ""
        ends = "".join(f"/{quote(piece, safe='')}" for piece in (name, part) if piece)
        return f"{root}{where}/{self.plural}{ends}"


class NoSuchKind(ClusterError):  # noqa: N818 - what the cluster serves, not a mistake of ours
    """The cluster does not serve a kind (yet)."""


class Server:
    """One cluster's API; safe to use from many threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._resources: dict[str, dict[str, Resource]] = {}
        self._lock = threading.Lock()
        self._answered = False
        self._silent_since: float | None = None

    @property
    def connection(self) -> Connection:
        """The client, and where it leads."""
        return self._connection

    @property
    def namespace(self) -> str:
        """Where objects go that name no namespace."""
        return self._connection.namespace

    def resource(self, kind: Kind) -> Resource:
        """Where objects of a kind are; asks again when the kind is not known yet.

        Raises:
            NoSuchKind: the cluster does not serve it.
        """
        with self._lock:
            known = self._resources.get(kind.api_version, {})
        if kind.name not in known:
            known = self._discover(kind)
            with self._lock:
                self._resources[kind.api_version] = known
        found = known.get(kind.name)
        if found is None:
            message = (
                f"the cluster has no kind {kind.name!r} in {kind.api_version!r}; create its "
                "CustomResourceDefinition first, or correct apiVersion and kind"
            )
            raise NoSuchKind(message)
        return found

    def forget(self, kind: Kind) -> None:
        """Ask again for the kinds of this group and version: its definition changed."""
        with self._lock:
            self._resources.pop(kind.api_version, None)

    def _discover(self, kind: Kind) -> dict[str, Resource]:
        root = f"/apis/{kind.api_version}" if kind.group else f"/api/{kind.api_version}"
        try:
            listed = self._ask(Call("get", str(kind)), "GET", root)
        except Refused as error:
            if error.is_missing:
                return {}
            raise
        return {
            text(item, "kind"): Resource(
                Kind(kind.api_version, text(item, "kind")),
                text(item, "name"),
                item.get("namespaced") is True,
            )
            for item in entries(listed, "resources")
            if "/" not in text(item, "name")
        }

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """One object; none when it, its namespace or its kind is not there."""
        try:
            resource = self.resource(kind)
            return self._ask(
                self._call("get", kind, namespace, name), "GET", resource.path(namespace, name)
            )
        except NoSuchKind:
            return None
        except Refused as error:
            if error.is_missing:
                return None
            raise

    def objects(
        self, kind: Kind, namespace: str, *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        """The objects of a kind in a namespace."""
        resource = self.resource(kind)
        query = [("labelSelector", labels), ("fieldSelector", fields)]
        found = self._ask(
            self._call("list", kind, namespace, ""),
            "GET",
            resource.path(namespace),
            query=[(key, value) for key, value in query if value],
        )
        # Items of a list carry neither kind nor version.
        return [
            {"apiVersion": kind.api_version, "kind": kind.name, **item}
            for item in entries(found, "items")
        ]

    def apply(
        self, manifest: Object, namespace: str, name: str, manager: str, **flags: bool
    ) -> Object:
        """Server-side apply; fields that the API does not know are refused.

        Args:
            manifest: The object, with apiVersion, kind and name.
            namespace: Its namespace; empty for none.
            name: Its name.
            manager: Field manager.
            flags: `force` takes fields of others over; `dry_run` changes nothing.

        Raises:
            Refused: the API refused it.
        """
        kind = Kind(text(manifest, "apiVersion"), text(manifest, "kind"))
        query = [("fieldManager", manager), ("fieldValidation", "Strict")]
        if flags.get("force"):
            query.append(("force", "true"))
        if flags.get("dry_run"):
            query.append(("dryRun", "All"))
        return self._ask(
            self._call("patch", kind, namespace, name),
            "PATCH",
            self.resource(kind).path(namespace, name),
            query=query,
            body=json.dumps(manifest),
            content=_APPLY,
        )

    def delete(self, kind: Kind, namespace: str, name: str, propagation: str) -> bool:
        """Ask for an object's deletion; false when it is not there."""
        try:
            self._ask(
                self._call("delete", kind, namespace, name),
                "DELETE",
                self.resource(kind).path(namespace, name),
                body={"propagationPolicy": propagation},
            )
        except NoSuchKind:
            return False
        except Refused as error:
            if error.is_missing:
                return False
            raise
        return True

    def merge(
        self, kind: Kind, namespace: str, name: str, patch: Object, manager: str, *, part: str = ""
    ) -> Object:
        """Change some fields of an object that is there, or of a part of it such as `scale`.

        Raises:
            Refused: the API refused it, or the object is not there.
        """
        return self._ask(
            self._call("patch", kind, namespace, name),
            "PATCH",
            self.resource(kind).path(namespace, name, part),
            query=[("fieldManager", manager), ("fieldValidation", "Strict")],
            body=patch,
            content=_MERGE,
        )

    def logs(self, namespace: str, pod: str, container: str, lines: int) -> str:
        """The last lines that a container wrote, of its previous run where there is one."""
        path = Resource(Kind("v1", "Pod"), "pods", namespaced=True).path(namespace, pod, "log")
        call = self._call("get", Kind("v1", "Pod"), namespace, pod)
        for previous in ("true", "false"):
            query = [("container", container), ("tailLines", str(lines)), ("previous", previous)]
            try:
                code, body, _ = self._send("GET", path, query, None, "application/json", call)
            except Unreachable:
                return ""
            written = body.decode(errors="replace").strip()
            if code < 400 and written and not written.startswith(_NO_LOG):
                return written
        return ""

    def _call(self, verb: str, kind: Kind, namespace: str, name: str) -> Call:
        return Call(verb, label(kind, f"{namespace}/{name}".strip("/")))

    def _ask(
        self,
        call: Call,
        method: str,
        path: str,
        *,
        query: list[tuple[str, str]] | None = None,
        body: Object | str | None = None,
        content: str = "application/json",
    ) -> Object:
        """Send a request, again while the API says that it may pass in a moment."""
        for attempt in range(_TRIES):
            code, answer, _ = self._send(method, path, query or [], body, content, call)
            try:
                parsed: object = json.loads(answer) if answer else {}
            except ValueError:
                parsed = {}
            if code < 400:
                return cast("Object", parsed) if isinstance(parsed, dict) else {}
            refused = Refused(call, code, status_of(parsed))
            if not refused.may_pass or attempt == _TRIES - 1:
                raise refused
            time.sleep(min(retry_after(refused.status), 5.0))
        raise AssertionError(path)  # the last try returned or raised

    def _send(
        self,
        method: str,
        path: str,
        query: list[tuple[str, str]],
        body: Object | str | None,
        content: str,
        call: Call,
    ) -> tuple[int, bytes, str]:
        message = (
            f"{call.target}: no answer from the Kubernetes API at {self._connection.address}: "
        )
        since = self._silent_since
        if not self._answered and since is not None and time.monotonic() - since < _SILENT_SECONDS:
            # A preview without a cluster would wait for each resource anew.
            raise Unreachable(f"{message}none came before; check the kubeconfig and the network")
        client: Any = self._connection.client
        headers = {"Accept": "application/json", "Content-Type": content}
        try:
            request = client.param_serialize(
                method,
                path,
                query_params=query,
                header_params=headers,
                body=body,
                auth_settings=["BearerToken"],
            )
            answer: Any = client.call_api(
                *request,
                _request_timeout=(_CONNECT_SECONDS, self._connection.timeout or _ANSWER_SECONDS),
            )
            self._answered = True
            return int(answer.status), bytes(answer.read() or b""), str(answer.reason)
        except (urllib3.exceptions.HTTPError, ApiException, OSError) as error:
            self._silent_since = time.monotonic()
            raise Unreachable(
                f"{message}{_cause(error)}; check the kubeconfig and the network"
            ) from error


def _cause(error: Exception) -> str:
    """The innermost reason of a failed connection, in its own words."""
    inner: Any = getattr(error, "reason", None) or error
    while isinstance(inner, Exception) and inner.__cause__ is not None:
        inner = inner.__cause__
    said = str(inner).rpartition(": ")[2] or type(inner).__name__
    return " ".join(said.split()).rstrip(".")
