"""Fleet: the pods of a deployment's revisions: how many there are, and whether they are ready."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event

from modelport.cluster.manifest import Kind
from modelport.cluster.objects import Object, condition, entries, holds, mapping, number, text
from modelport.cluster.options import Options
from modelport.cluster.problems import ClusterError
from modelport.cluster.server import Server
from modelport.cluster.waiting import POD, NotReady, Waiter
from modelport.errors import ServiceError
from modelport.platforms.kubernetes.names import (
    INSTANCE,
    KEDA,
    REPLICAS_MAX,
    REPLICAS_MIN,
    REVISION,
    SCALED_BY,
    revision_name,
)
from modelport.platforms.kubernetes.scaling import KEDA_VERSION, SCALED_OBJECT

DEPLOYMENT = Kind("apps/v1", "Deployment")
_SCALER = Kind("autoscaling/v2", "HorizontalPodAutoscaler")
_SCALED = Kind(KEDA_VERSION, SCALED_OBJECT)
MANAGER = "modelport-traffic"
"""Field manager of everything that moves traffic."""


@contextmanager
def told() -> Generator[None]:
    """What a cluster refuses, as a fault of the service."""
    try:
        yield
    except (ClusterError, NotReady) as error:
        raise ServiceError(str(error)) from None


@dataclass(frozen=True, slots=True)
class Revision:
    """The pods of one revision."""

    name: str
    wanted: int
    """Pods that there should be."""
    ready: int
    """Pods that take requests."""
    minimum: int
    """Pods that there must be when it takes all traffic."""
    maximum: int
    image: str
    fault: str
    """Why it cannot be made ready; empty while it may."""
    by_keda: bool
    """Whether KEDA decides how many pods there are."""
    live: Object

    @property
    def asleep(self) -> bool:
        """Whether it has no pods, and needs none while nobody calls."""
        return not self.wanted and not self.minimum


class Fleet:
    """The revisions of one deployment."""

    def __init__(self, server: Server, namespace: str, service: str) -> None:
        self._server = server
        self._namespace = namespace
        self._service = service

    def revisions(self) -> dict[str, Revision]:
        """Every revision that is there, by its name."""
        found = self._server.objects(
            DEPLOYMENT, self._namespace, labels=f"{INSTANCE}={self._service}"
        )
        return {item.name: item for item in map(_revision, found) if item.name}

    def get(self, revision: str) -> Revision:
        """One revision.

        Raises:
            ServiceError: it is not there.
        """
        found = self.revisions().get(revision)
        if found is None:
            message = f"{self._namespace}/{revision_name(self._service, revision)} is not there"
            raise ServiceError(message)
        return found

    def ready_pods(self, revision: str) -> list[Object]:
        """Pods of a revision that take requests."""
        labels = f"{INSTANCE}={self._service},{REVISION}={revision}"
        return [
            pod
            for pod in self._server.objects(POD, self._namespace, labels=labels)
            if holds(pod, "Ready") and not text(pod, "metadata", "deletionTimestamp")
        ]

    def hold(self, revision: str, count: int) -> None:
        """Have exactly so many pods, whatever load says, and wait until they are ready."""
        self._bound(revision, count, count)
        self._scale(revision, count)

    def at_least(self, revision: str, count: int) -> None:
        """Have so many pods or more, and wait until they are ready."""
        now = self.get(revision)
        if now.wanted < count or now.ready < count:
            self._scale(revision, max(count, now.wanted))

    def release(self, revision: str) -> None:
        """Let load decide again."""
        now = self.revisions().get(revision)
        if now is not None:
            self._bound(revision, now.minimum, now.maximum)

    def end(self, revision: str) -> None:
        """Have no pods; does nothing when there are none."""
        now = self.revisions().get(revision)
        if now is not None and now.wanted:
            if now.by_keda:
                self._bound_keda(revision, 0, now.maximum)  # it would start them again
            self._write_scale(revision, 0)

    def _scale(self, revision: str, count: int) -> None:
        name = revision_name(self._service, revision)
        self._write_scale(revision, count)
        limit = number(self.get(revision).live, "spec", "progressDeadlineSeconds", default=600)
        waiter = Waiter(self._server, lambda _text: None, Event())
        live = self._server.get(DEPLOYMENT, self._namespace, name)
        if live is None:
            raise ServiceError(f"{self._namespace}/{name} is gone")
        waiter.until_ready(live, _options(float(limit)))

    def _write_scale(self, revision: str, count: int) -> None:
        name = revision_name(self._service, revision)
        self._server.merge(
            DEPLOYMENT,
            self._namespace,
            name,
            {"spec": {"replicas": count}},
            MANAGER,
            part="scale",
        )

    def _bound(self, revision: str, minimum: int, maximum: int) -> None:
        """Bounds of the autoscaler, where the revision has one already."""
        if self.get(revision).by_keda:
            self._bound_keda(revision, minimum, maximum)
        else:
            name = revision_name(self._service, revision)
            self._bound_by(_SCALER, name, minReplicas=minimum, maxReplicas=maximum)

    def _bound_keda(self, revision: str, minimum: int, maximum: int) -> None:
        """Bounds of KEDA, and of its autoscaler, which follows them only after a while."""
        name = revision_name(self._service, revision)
        self._bound_by(_SCALED, name, minReplicaCount=minimum, maxReplicaCount=maximum)
        # KEDA itself ends and starts the last pod; the autoscaler keeps one.
        least = max(minimum, 1)
        self._bound_by(_SCALER, f"keda-hpa-{name}", minReplicas=least, maxReplicas=maximum)

    def _bound_by(self, kind: Kind, name: str, **bounds: int) -> None:
        found = self._server.get(kind, self._namespace, name)
        if found is None or all(
            number(found, "spec", key) == bound for key, bound in bounds.items()
        ):
            return
        self._server.merge(kind, self._namespace, name, {"spec": {**bounds}}, MANAGER)


def _options(timeout: float) -> Options:
    return Options(
        skip_await=False, wait_for=(), timeout=timeout, force=False, propagation="Foreground"
    )


def _revision(live: Object) -> Revision:
    notes = mapping(live, "metadata", "annotations")
    containers = entries(live, "spec", "template", "spec", "containers")
    progressing = condition(live, "Progressing")
    failed = text(progressing, "reason") == "ProgressDeadlineExceeded"
    return Revision(
        name=text(live, "metadata", "labels", REVISION),
        wanted=number(live, "spec", "replicas", default=1),
        ready=number(live, "status", "availableReplicas"),
        by_keda=text(notes, SCALED_BY) == KEDA,
        minimum=int(text(notes, REPLICAS_MIN) or 1),
        maximum=int(text(notes, REPLICAS_MAX) or 1),
        image=text(containers[0], "image") if containers else "",
        fault=text(progressing, "message") if failed else "",
        live=live,
    )
