"""The live service of kind `kubernetes`, read back, asked and moved through the cluster's API."""

import math
import random
from base64 import b64decode
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Literal

from modelport.cluster.connection import connect
from modelport.cluster.forward import PodAnswer, PodRequest, ask_pod
from modelport.cluster.manifest import Kind
from modelport.cluster.objects import text
from modelport.cluster.problems import ClusterError
from modelport.cluster.server import Server
from modelport.errors import ServiceError
from modelport.live.service import Answer, Found, LiveService
from modelport.platforms.container import PORT, PREDICT
from modelport.platforms.kubernetes.counting import SERVER_ERROR, Counting
from modelport.platforms.kubernetes.fleet import Fleet, Revision, told
from modelport.platforms.kubernetes.movement import Movement
from modelport.platforms.kubernetes.names import METRICS_KEY
from modelport.platforms.kubernetes.traffic import SERVICE
from modelport.rollout import Counts
from modelport.verify import bearer_header

_SECRET = Kind("v1", "Secret")
_METRICS = "/metrics"
_METRICS_SECONDS = 10.0


class Service(LiveService):
    """A deployment's pods; each revision is a Deployment `<service>-<revision>`."""

    kind: ClassVar[str] = "kubernetes"
    moves_traffic: ClassVar[bool] = True

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__(names)
        self._namespace, self._service = names["namespace"], names["service"]
        self._counting = Counting()
        self._key: str | None = None

    def read(self) -> Found:
        """Which revision's pods take requests, how many are ready, and their image."""
        with told():
            if self._server.get(SERVICE, self._namespace, self._service) is None:
                return Found("gone")
            revisions = self._fleet.revisions()
            traffic = self._movement.shares(revisions)
            mirrored = self._movement.mirrored()
        if not traffic:
            return Found("ready", "it selects no pods yet")
        main = max(traffic, key=lambda name: traffic[name])
        found = revisions.get(main)
        state, detail = _state(main, found)
        return Found(
            state=state,
            detail=detail,
            revision=main,
            digest=found.image.partition("@")[2] if found else "",
            traffic=traffic,
            replicas=found.ready if found else 0,
            mirrored=mirrored,
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction, of a pod to which the service or the route leads."""
        with told():
            pods = self._movement.reached()
            if pods or not (asleep := self._asleep()):
                return self._ask(pods, body, key, timeout)
            self._fleet.hold(asleep, 1)
            try:
                return self._ask(self._pods(asleep), body, key, timeout)
            finally:
                self._fleet.release(asleep)

    def ask_revision(
        self, revision: str, body: bytes, key: str | None, timeout: float
    ) -> Answer | None:
        """One prediction, of a pod of the revision; the first one is started when it has none."""
        with told():
            self._fleet.at_least(revision, 1)
            answer = self._ask(self._pods(revision), body, key, timeout)
        if answer.status < SERVER_ERROR:  # an error is to be seen, whoever asked
            self._counting.asked(revision)
        return answer

    def shift(self, weights: Mapping[str, int]) -> None:
        """Move requests by the route's weights, or by the number of pods."""
        self._count_from_here(weights)
        with told():
            self._movement.shift(weights)

    def mirror(self, live: str, candidate: str, percent: int) -> None:
        """Have the gateway copy requests.

        Raises:
            ServiceError: it does not say that it can, or refuses to.
        """
        self._count_from_here((live, candidate))
        with told():
            self._movement.mirror(live, candidate, percent)

    def replace(self, old: str, new: str) -> None:
        """Move requests pod by pod."""
        with told():
            self._movement.replace(old, new)

    def dismiss(self, revision: str) -> None:
        """End the pods of a revision that was given up."""
        with told():
            self._fleet.end(revision)

    def counts(self, revision: str, since: float) -> Counts | None:
        """What the revision's pods counted; none before anybody said the key for their metrics."""
        if self._key is None and self._stored_key is None:
            return None
        with told():
            pods = self._fleet.ready_pods(revision)
        for pod in pods:
            name = text(pod, "metadata", "name")
            try:
                answer = self._send(name, PodRequest("GET", _METRICS), self._key, _METRICS_SECONDS)
            except ClusterError:
                continue  # it ends; what it counted until the last look is kept
            born = datetime.fromisoformat(text(pod, "metadata", "creationTimestamp")).timestamp()
            fresh = born >= since
            metrics = answer.body.decode(errors="replace")
            self._counting.seen(revision, name, metrics, fresh=fresh)
        return self._counting.of(revision)

    def _count_from_here(self, revisions: Iterable[str]) -> None:
        for revision in revisions:
            self.counts(revision, math.inf)  # what was before does not count

    @cached_property
    def _server(self) -> Server:
        places = ("kubeconfig", "context")
        return Server(connect({key: self.names[key] for key in places if key in self.names}))

    @cached_property
    def _stored_key(self) -> str | None:
        """The key of callers where the cluster fetches it out of a store; none where we know it."""
        name = self.names.get("key_secret")
        if name is None:
            return None
        found = self._server.get(_SECRET, self._namespace, name) or {}
        held = text(found, "data", METRICS_KEY)
        if not held:
            raise ServiceError(f"{self._namespace}/{name} holds no key yet: nothing fetched it")
        return b64decode(held).decode()

    @cached_property
    def _fleet(self) -> Fleet:
        return Fleet(self._server, self._namespace, self._service)

    @cached_property
    def _movement(self) -> Movement:
        weighed = self.names.get("route") == "gateway"
        return Movement(self._server, self._namespace, self._service, weighed=weighed)

    def _asleep(self) -> str:
        """The revision that has all requests and no pods, as it may; empty when there is none."""
        revisions = self._fleet.revisions()
        shares = self._movement.shares(revisions)
        return next((name for name in shares if name in revisions and revisions[name].asleep), "")

    def _pods(self, revision: str) -> list[str]:
        return [text(pod, "metadata", "name") for pod in self._fleet.ready_pods(revision)]

    def _ask(self, pods: list[str], body: bytes, key: str | None, timeout: float) -> Answer:
        if not pods:
            raise ServiceError(f"{self.title} leads to no pod that is ready")
        self._key = key
        headers = {"content-type": "application/json"}
        request = PodRequest("POST", PREDICT, body, headers)
        answer = self._send(random.choice(pods), request, key, timeout)  # noqa: S311
        return Answer(answer.status, answer.body, answer.headers)

    def _send(self, pod: str, request: PodRequest, key: str | None, timeout: float) -> PodAnswer:
        key = key or self._stored_key
        headers = {**request.headers, **bearer_header(key)}
        sent = PodRequest(request.method, request.path, request.body, headers)
        return ask_pod(self._server.connection, self._namespace, pod, PORT, sent, timeout)


def _state(name: str, found: Revision | None) -> tuple[Literal["ready", "changing", "failed"], str]:
    if found is None:
        # Not failed: whoever moves the traffic must be able to set it right.
        return "ready", f"requests go to revision {name}, which has no pods"
    if found.ready:
        return "ready", ""
    if found.asleep:
        return "ready", "it sleeps: nobody calls, and there may be no pods"
    if found.fault:
        return "failed", found.fault
    return "changing", f"no pod of {found.wanted} is ready"
