"""Movement: requests from one revision's pods to another's, with enough pods on the way."""

import math
import time
from collections.abc import Callable, Mapping

from modelport.cluster.manifest import Kind
from modelport.cluster.objects import entries, mapping, text
from modelport.cluster.server import Server
from modelport.errors import ServiceError
from modelport.platforms.kubernetes.fleet import Fleet, Revision
from modelport.platforms.kubernetes.names import revision_name
from modelport.platforms.kubernetes.traffic import Route, Selector

_SLICE = Kind("discovery.k8s.io/v1", "EndpointSlice")
_SERVED_SECONDS = 60.0
"""Seconds in which a service must lead to the pods that it selects, and a gateway take a route."""
_LOOK_SECONDS = 0.3


class Movement:
    """Moves the requests of one deployment.

    Args:
        server: The cluster.
        namespace: The deployment's namespace.
        service: Its service.
        weighed: Whether a gateway's route weighs requests.
    """

    def __init__(self, server: Server, namespace: str, service: str, *, weighed: bool) -> None:
        self._server = server
        self._namespace = namespace
        self._service = service
        self._fleet = Fleet(server, namespace, service)
        self._selector = Selector(server, namespace, service)
        self._route = Route(server, namespace, service) if weighed else None
        self._most = 0

    def shares(self, revisions: Mapping[str, Revision]) -> dict[str, int]:
        """Percent by revision."""
        return self._route.shares() if self._route else self._selector.shares(revisions)

    def mirrored(self) -> str:
        """The revision that gets copies of requests; empty when none does."""
        return self._route.mirrored() if self._route else ""

    def mirror(self, live: str, candidate: str, percent: int) -> None:
        """Have enough pods for the copies, then have them made, and wait until it is so.

        Raises:
            ServiceError: there is no gateway, it does not say that it can, or it refuses to.
        """
        if self._route is None:
            message = (
                f"{self._namespace}/{self._service}: without a gateway nothing copies requests"
            )
            raise ServiceError(message)
        self._route.require_mirrors()
        self._fleet.at_least(candidate, max(1, math.ceil(self._full(live) * percent / 100)))
        self._route.write({live: 100}, {candidate: percent})
        self._until(self._route.pending)

    def shift(self, weights: Mapping[str, int]) -> None:
        """Have enough pods of each revision, then move the requests, and wait until it is so."""
        shared = {name: share for name, share in weights.items() if share}
        if self._route is not None:
            self._weigh(shared, self._route)
        elif len(shared) == 1:
            self._choose(next(iter(shared)))
        else:
            self._divide(shared)

    def replace(self, old: str, new: str) -> None:
        """One new pod more, one old pod less, until all but one are new; `shift` ends it."""
        full = self._full(new)
        for count in range(1, full + 1):
            left = max(full - count, 1)
            self._fleet.hold(new, count)
            self._write({old: left, new: count})
            self._fleet.hold(old, left)

    def reached(self) -> list[str]:
        """Names of the pods to which a caller's request may come."""
        if self._route is None:
            return self._endpoints(self._service)
        return [
            pod
            for revision in self._route.shares()
            for pod in self._endpoints(revision_name(self._service, revision))
        ]

    def _weigh(self, weights: Mapping[str, int], route: Route) -> None:
        """By the route: each revision has pods by its share."""
        for revision, share in weights.items():
            needed = math.ceil(self._full(revision) * share / 100)
            self._fleet.at_least(revision, max(1, needed))
        for revision, share in weights.items():
            if share == 100:
                self._fleet.release(revision)
        self._write(weights)
        self._until(route.pending)

    def _choose(self, revision: str) -> None:
        """The pods of one revision alone."""
        self._fleet.release(revision)
        self._fleet.at_least(revision, self._full(revision))
        self._write({revision: 100})
        self._until(lambda: self._misled([revision]))

    def _divide(self, weights: Mapping[str, int]) -> None:
        """By the number of pods; the smaller share is never more than what is asked for."""
        new, old = sorted(weights, key=lambda name: weights[name])
        for other in self._fleet.revisions():
            if other not in weights:
                self._fleet.end(other)
        many, few = divided(self._full(new), weights[new])
        self._fleet.hold(new, few)
        self._fleet.hold(old, many)
        self._write(weights)
        self._until(lambda: self._misled([old, new]))

    def _write(self, weights: Mapping[str, int]) -> None:
        if self._route is None:
            self._selector.write(weights)
            return
        self._route.write(weights)
        if len(weights) == 1:
            self._selector.write(weights)  # for callers inside the cluster

    def _full(self, revision: str) -> int:
        """Pods that a revision with all requests needs: as many as one had at any time."""
        revisions = self._fleet.revisions()
        taking = self.shares(revisions)
        most = max((item.wanted for name, item in revisions.items() if name in taking), default=0)
        self._most = max(self._most, most, self._fleet.get(revision).minimum, 1)
        return self._most

    def _misled(self, revisions: list[str]) -> str:
        """What the service still leads to beside the pods of these revisions."""
        wanted = {
            text(pod, "metadata", "name")
            for revision in revisions
            for pod in self._fleet.ready_pods(revision)
        }
        led = set(self._endpoints(self._service))
        if led and led <= wanted:
            return ""
        return f"the service leads to {', '.join(sorted(led - wanted)) or 'no pods'}"

    def _until(self, pending: Callable[[], str]) -> None:
        until = time.monotonic() + _SERVED_SECONDS
        while said := pending():
            if time.monotonic() > until:
                message = f"{self._namespace}/{self._service}: {said}"
                raise ServiceError(message)
            time.sleep(_LOOK_SECONDS)

    def _endpoints(self, service: str) -> list[str]:
        """Pods that a service leads to."""
        labels = f"kubernetes.io/service-name={service}"
        return [
            text(endpoint, "targetRef", "name")
            for found in self._server.objects(_SLICE, self._namespace, labels=labels)
            for endpoint in entries(found, "endpoints")
            if mapping(endpoint, "conditions").get("ready") is True
        ]


def divided(full: int, share: int) -> tuple[int, int]:
    """How many old and new pods there are, so that the new ones' share is at most `share` %.

    Args:
        full: Pods that serve all requests.
        share: Percent of the new ones.
    """
    few = max(1, full * share // 100)
    many = max(full - few, math.ceil(few * (100 - share) / share))
    return many, few
