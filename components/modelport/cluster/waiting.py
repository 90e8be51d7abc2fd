"""Waiting: until an object is ready or gone, with the reasons when it takes too long."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event

from modelport.cluster.manifest import Kind, label, object_id
from modelport.cluster.objects import Object, entries, holds, mapping, selects, text, values
from modelport.cluster.options import Options
from modelport.cluster.pods import one_line, shortened, troubles, warnings
from modelport.cluster.problems import ClusterError, Refused, Unreachable
from modelport.cluster.readiness import READY, Readiness, Related, readiness
from modelport.cluster.server import NoSuchKind, Server

POD = Kind("v1", "Pod")
EVENT = Kind("v1", "Event")
_SERVICE = Kind("v1", "Service")
_ENDPOINT_SLICE = Kind("discovery.k8s.io/v1", "EndpointSlice")
_STORAGE_CLASS = Kind("storage.k8s.io/v1", "StorageClass")
_LOG_LINES = 5
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
_SILENCE = 60.0
"""Seconds without an answer that a wait bears: API servers restart, too."""


class NotReady(Exception):  # noqa: N818 - a state of the object
    """An object is there, but did not become ready."""

    def __init__(self, live: Object, reasons: list[str]) -> None:
        self.live = live
        self.reasons = reasons
        super().__init__("; ".join(reasons))


@dataclass(frozen=True, slots=True)
class Waiter:
    """Waits for objects of one cluster."""

    server: Server
    status: Callable[[str], None]
    """Shows what is being waited for."""
    cancelled: Event
    """Set when the user wants to stop."""

    def until_ready(self, live: Object, options: Options) -> Object:
        """The object once it is ready.

        Raises:
            NotReady: it failed, or was not ready in time.
            ClusterError: it was deleted meanwhile.
        """
        if options.skip_await:
            return live
        kind, namespace, name = _place(live)
        heard = time.monotonic()
        deadline = heard + options.timeout
        said = ""
        for pause in _pauses():
            now = self.judge(live, options)
            if now.state == "ready":
                return live
            if self.cancelled.is_set():
                stopped = f"{label(kind, object_id(live))}: cancelled while it waited: {now.reason}"
                raise NotReady(live, [stopped])
            if now.state == "failed" or time.monotonic() >= deadline:
                raise NotReady(live, self.reasons(live, now, options))
            if now.reason != said:
                said = now.reason
                self.status(said)
            self.cancelled.wait(min(pause, max(deadline - time.monotonic(), 0.05)))
            try:
                found = self.server.get(kind, namespace, name)
            except Unreachable as error:
                if time.monotonic() - heard > _SILENCE:
                    raise NotReady(live, [str(error)]) from error
                continue
            heard = time.monotonic()
            if found is None:
                message = f"{label(kind, object_id(live))}: it was deleted while it got ready"
                raise ClusterError(message)
            live = found
        raise AssertionError(name)  # pauses never end

    def judge(self, live: Object, options: Options) -> Readiness:
        """Whether it is ready now, by the conditions of the program or by those of its kind."""
        if options.skip_await:
            return READY
        if options.wait_for:
            unmet = [reason for item in options.wait_for if (reason := item.unmet(live))]
            return Readiness("waiting", "; ".join(unmet)) if unmet else READY
        return readiness(live, self._related(live))

    def reasons(self, live: Object, now: Readiness, options: Options) -> list[str]:
        """Why an object is not ready: first the object itself, then its pods and events."""
        kind = Kind(text(live, "apiVersion"), text(live, "kind"))
        late = f" after {options.timeout:g} s" if now.state == "waiting" else ""
        first = f"{label(kind, object_id(live))} is not ready{late}: {now.reason}"
        pods = self._pods(live)
        found: list[str] = []
        for trouble in troubles(pods)[:20]:
            log = self._log(live, trouble.pod, trouble.container) if trouble.wants_log else ""
            found.append(f"{trouble}{log}")
        # What a pod's containers say is not said again by its events.
        silent = {trouble.pod for trouble in troubles(pods)}
        events = [
            event
            for event in self._events(live, pods)
            if text(event, "involvedObject", "name") not in silent
        ]
        return [first, *_alike(found, pods), *shortened(warnings(events))]

    def until_gone(self, live: Object, timeout: float) -> None:
        """Wait until an object whose deletion was asked for is gone.

        Raises:
            ClusterError: it is still there; names the finalizers that hold it.
        """
        kind, namespace, name = _place(live)
        uid = text(live, "metadata", "uid")
        heard = time.monotonic()
        deadline = heard + timeout
        said = ""
        for pause in _pauses():
            try:
                found = self.server.get(kind, namespace, name)
            except Unreachable:
                if time.monotonic() - heard > _SILENCE:
                    raise
                self.cancelled.wait(pause)
                continue
            heard = time.monotonic()
            if found is None or (uid and text(found, "metadata", "uid") != uid):
                return
            if self.cancelled.is_set():
                message = f"{label(kind, object_id(live))}: cancelled before it was gone"
                raise ClusterError(message)
            if time.monotonic() >= deadline:
                raise ClusterError(_held(found, timeout))
            if (holding := _holding(found)) != said:
                said = holding
                self.status(said)
            self.cancelled.wait(min(pause, max(deadline - time.monotonic(), 0.05)))

    def _related(self, live: Object) -> Related:
        _, namespace, name = _place(live)
        match text(live, "kind"):
            case "Service":
                slices = self._listed(
                    _ENDPOINT_SLICE, namespace, labels=f"kubernetes.io/service-name={name}"
                )
                return Related(endpoint_slices=tuple(slices))
            case "PersistentVolumeClaim":
                class_name = text(live, "spec", "storageClassName")
                classes = self._listed(_STORAGE_CLASS, "", fields=f"metadata.name={class_name}")
                return Related(storage_class=classes[0] if class_name and classes else {})
            case "Ingress":
                services = self._listed(_SERVICE, namespace)
                return Related(services=frozenset(text(s, "metadata", "name") for s in services))
            case _:
                return Related()

    def _pods(self, live: Object) -> list[Object]:
        namespace = text(live, "metadata", "namespace")
        kind = text(live, "kind")
        if kind == "Pod":
            return [live]
        selector = mapping(live, "spec", "selector")
        wanted = (
            selector
            if kind in ("Service", "ReplicationController")
            else mapping(selector, "matchLabels")
        )
        if not wanted or not namespace:
            return []
        labels = ",".join(f"{key}={value}" for key, value in wanted.items())
        pods = self._listed(POD, namespace, labels=labels)
        return [pod for pod in pods if selects(wanted, mapping(pod, "metadata", "labels"))]

    def _events(self, live: Object, pods: list[Object]) -> list[Object]:
        _, namespace, name = _place(live)
        if not namespace:
            return []
        names = {name, *(text(pod, "metadata", "name") for pod in pods)}
        return [
            event
            for event in self._listed(EVENT, namespace, fields="type=Warning")
            if (involved := text(event, "involvedObject", "name")) in names
            or (
                text(event, "involvedObject", "kind") in ("ReplicaSet", "Job")
                and involved.startswith(f"{name}-")
            )
        ]

    def _log(self, live: Object, pod: str, container: str) -> str:
        written = self.server.logs(text(live, "metadata", "namespace"), pod, container, _LOG_LINES)
        lines = [line.strip() for line in written.splitlines() if line.strip()]
        return f"; its last lines: {' | '.join(lines)}" if lines else ""

    def _listed(
        self, kind: Kind, namespace: str, *, labels: str = "", fields: str = ""
    ) -> list[Object]:
        """Objects that only make a reason clearer: without the right to see them there are none."""
        try:
            return self.server.objects(kind, namespace, labels=labels, fields=fields)
        except (Refused, NoSuchKind, Unreachable):
            return []


def _alike(found: list[str], pods: list[Object]) -> list[str]:
    """Reasons of pods that differ in nothing but the pod's name are said once."""
    seen: dict[str, str] = {}
    for reason in found:
        bare = reason
        for pod in pods:
            bare = bare.replace(text(pod, "metadata", "name"), "")
        seen.setdefault(bare, reason)
    return shortened(list(seen.values()))


def _place(live: Object) -> tuple[Kind, str, str]:
    kind = Kind(text(live, "apiVersion"), text(live, "kind"))
    return kind, text(live, "metadata", "namespace"), text(live, "metadata", "name")


def _pauses() -> Iterator[float]:
    """Seconds between looks: short at first, so that what is quick stays quick."""
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 1.3, _LONGEST_PAUSE)


def _finalizers(live: Object) -> list[str]:
    return [item for item in values(live, "metadata", "finalizers") if isinstance(item, str)]


def _holding(live: Object) -> str:
    named = ", ".join(_finalizers(live))
    return f"waits until it is gone{', held by ' + named if named else ''}"


def _held(live: Object, timeout: float) -> str:
    kind, _, _ = _place(live)
    start = f"{label(kind, object_id(live))} is still there {timeout:g} s after its deletion"
    remaining = [
        one_line(text(item, "message"))
        for item in entries(live, "status", "conditions")
        if kind.name == "Namespace" and holds(live, text(item, "type"))
    ]
    if remaining:
        return f"{start}: {'; '.join(remaining)}"
    named = _finalizers(live)
    if "foregroundDeletion" in named:
        return f"{start}: objects that belong to it have not ended yet"
    if named:
        return (
            f"{start}: finalizers {', '.join(named)} hold it until their controllers remove them; "
            "see to those controllers, or remove the finalizers by hand"
        )
    return f"{start}: its containers have not ended yet"
