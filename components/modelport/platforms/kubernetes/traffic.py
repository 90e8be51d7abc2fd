"""Traffic: which revisions take requests: a service's selector, and the weights of a route.

Without a gateway a service selects the pods of one revision, or of all: then they share requests
by their number. With one, every revision has a service of its own, and the route weighs them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from modelport.cluster.manifest import Kind
from modelport.cluster.objects import (
    Object,
    condition,
    entries,
    holds,
    mapping,
    number,
    text,
)
from modelport.cluster.server import Server
from modelport.errors import ServiceError
from modelport.platforms.kubernetes.fleet import MANAGER, Revision
from modelport.platforms.kubernetes.names import INSTANCE, REVISION, SERVICE_PORT, revision_name

SERVICE = Kind("v1", "Service")
ROUTE = Kind("gateway.networking.k8s.io/v1", "HTTPRoute")
_GATEWAY = Kind("gateway.networking.k8s.io/v1", "Gateway")
_CLASS = Kind("gateway.networking.k8s.io/v1", "GatewayClass")
MIRRORS = "HTTPRouteRequestPercentageMirror"
"""Feature of a class of gateways: it copies a share of requests. Standard since Gateway API 1.3;
https://gateway-api.sigs.k8s.io/geps/gep-3171/."""


class Selector:
    """Requests by the selector of the deployment's service."""

    def __init__(self, server: Server, namespace: str, service: str) -> None:
        self._server = server
        self._namespace = namespace
        self._service = service

    def shares(self, revisions: Mapping[str, Revision]) -> dict[str, int]:
        """Percent by revision; empty when nothing is selected yet."""
        selector = mapping(self._found(), "spec", "selector")
        if not selector:
            return {}
        chosen = text(selector, REVISION)
        if chosen:
            return {chosen: 100}
        return percent({name: item.ready for name, item in revisions.items()})

    def write(self, weights: Mapping[str, int]) -> None:
        """Select the pods of the one revision that has a share, or those of all."""
        chosen = [name for name, share in weights.items() if share]
        one = {REVISION: chosen[0]} if len(chosen) == 1 else {}
        self._server.apply(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": self._service, "namespace": self._namespace},
                "spec": {"selector": {INSTANCE: self._service, **one}},
            },
            self._namespace,
            self._service,
            MANAGER,
            force=True,
        )

    def _found(self) -> Object:
        return self._server.get(SERVICE, self._namespace, self._service) or {}


class Route:
    """Requests by the weights of the deployment's route."""

    def __init__(self, server: Server, namespace: str, service: str) -> None:
        self._server = server
        self._namespace = namespace
        self._service = service

    def shares(self) -> dict[str, int]:
        """Percent by revision; empty when the route leads nowhere yet."""
        weights: dict[str, int] = {}
        for rule in entries(self.found(), "spec", "rules"):
            for backend in entries(rule, "backendRefs"):
                revision = text(backend, "name").removeprefix(f"{self._service}-")
                weights[revision] = number(backend, "weight", default=1)
        return percent(weights)

    def mirrored(self) -> str:
        """The revision that gets copies of requests; empty when none does."""
        for rule in entries(self.found(), "spec", "rules"):
            for item in entries(rule, "filters"):
                if name := text(item, "requestMirror", "backendRef", "name"):
                    return name.removeprefix(f"{self._service}-")
        return ""

    def require_mirrors(self) -> None:
        """Refuse a gateway whose class does not say that it copies a share of requests.

        It must say so before: a controller that does not know the filter may take the route and
        answer every request with an error, as Traefik's does.
        https://gateway-api.sigs.k8s.io/geps/gep-2162/ (features of a class, and their names)
        https://github.com/traefik/traefik/blob/master/pkg/provider/kubernetes/gateway/httproute.go

        Raises:
            ServiceError: with the gateway, and what to do.
        """
        for parent in entries(self.found(), "spec", "parentRefs"):
            name = text(parent, "name")
            namespace = text(parent, "namespace") or self._namespace
            gateway = self._server.get(_GATEWAY, namespace, name) or {}
            class_name = text(gateway, "spec", "gatewayClassName")
            found = self._server.get(_CLASS, "", class_name) if class_name else None
            features = {
                text(item, "name") for item in entries(found, "status", "supportedFeatures")
            }
            if MIRRORS not in features:
                said = f"has no {MIRRORS}" if features else "names none"
                message = (
                    f"gateway {namespace}/{name} does not say that it copies a share of requests: "
                    f"status.supportedFeatures of its class {class_name or '(unknown)'} {said}; "
                    "write rollout: canary, or use a controller that has it"
                )
                raise ServiceError(message)

    def write(
        self, weights: Mapping[str, int], copies: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """Weigh the services of the revisions.

        Args:
            weights: Percent by revision.
            copies: Percent of the requests that are copied, by the revision that gets them.
        """
        backends: list[object] = [
            {**self._backend(name), "weight": share} for name, share in weights.items() if share
        ]
        matches: list[object] = [{"path": {"type": "PathPrefix", "value": "/"}}]
        filters: list[object] = [
            {
                "type": "RequestMirror",
                "requestMirror": {"backendRef": self._backend(name), "percent": share},
            }
            for name, share in copies.items()
        ]
        copied: Object = {"filters": filters} if filters else {}
        rules: list[object] = [{"matches": matches, **copied, "backendRefs": backends}]
        self._server.apply(
            {
                "apiVersion": ROUTE.api_version,
                "kind": ROUTE.name,
                "metadata": {"name": self._service, "namespace": self._namespace},
                "spec": {"rules": rules},
            },
            self._namespace,
            self._service,
            MANAGER,
            force=True,
        )

    def pending(self) -> str:
        """What the gateway has not done yet; empty when it has the present route.

        Raises:
            ServiceError: it refuses the route.
        """
        found = self.found()
        generation = number(found, "metadata", "generation")
        parents = entries(found, "status", "parents")
        if not parents:
            return "no gateway has taken the route"
        for parent in parents:
            where = text(parent, "parentRef", "name")
            status: Object = {"status": {"conditions": parent.get("conditions")}}
            for kind in ("Accepted", "ResolvedRefs"):
                said = next(
                    (item for item in entries(parent, "conditions") if item.get("type") == kind),
                    {},
                )
                if number(said, "observedGeneration") < generation:
                    return f"gateway {where} has not taken the route's last change"
                if not holds(status, kind):
                    raise ServiceError(_refused(where, said))
            dropped = condition(status, "PartiallyInvalid")
            of_now = number(dropped, "observedGeneration") >= generation
            if of_now and dropped.get("status") == "True":
                raise ServiceError(_refused(where, dropped))
        return ""

    def found(self) -> Object:
        """The route; empty when it is not there."""
        return self._server.get(ROUTE, self._namespace, self._service) or {}

    def _backend(self, revision: str) -> Object:
        return {"name": revision_name(self._service, revision), "port": SERVICE_PORT}


def _refused(gateway: str, said: Object) -> str:
    return f"gateway {gateway}: {text(said, 'reason')}: {text(said, 'message')}"


def percent(weights: Mapping[str, int]) -> dict[str, int]:
    """Shares of 100 that add up to it; what has any weight has a share."""
    total = sum(weights.values())
    if not total:
        return {}
    shares = {name: max(1, round(100 * part / total)) for name, part in weights.items() if part}
    largest = max(shares, key=lambda name: shares[name])
    return {**shares, largest: 100 - sum(shares.values()) + shares[largest]}
