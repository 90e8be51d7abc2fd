"""Kind kubernetes: requests that a gateway copies to a new revision, before a small API server.

That the Gateway API's own definition takes the route is tried in `tests/cluster`.
"""

from collections.abc import Generator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import yaml

from fakes.served import Handler, Served
from modelport.cluster.connection import connect
from modelport.cluster.server import Server
from modelport.errors import ServiceError
from modelport.platforms.kubernetes.traffic import MIRRORS, Route

_API = "/apis/gateway.networking.k8s.io/v1"
_ROUTE = f"{_API}/namespaces/models/httproutes/cancer"
_GATEWAY = f"{_API}/namespaces/gateway/gateways/web"
_CLASS = f"{_API}/gatewayclasses/some"
_KINDS = [
    {"kind": "HTTPRoute", "name": "httproutes", "namespaced": True},
    {"kind": "Gateway", "name": "gateways", "namespaced": True},
    {"kind": "GatewayClass", "name": "gatewayclasses", "namespaced": False},
]


class Api(Served):
    """The Gateway API of a cluster, and a controller that takes routes with what is asked for."""

    def __init__(self) -> None:
        super().__init__(type("Bound", (_Handler,), {"api": self}))
        parents = [{"name": "web", "namespace": "gateway"}]
        self.objects: dict[str, dict[str, Any]] = {
            _ROUTE: {"metadata": {"generation": 1}, "spec": {"parentRefs": parents}},
            _GATEWAY: {"spec": {"gatewayClassName": "some"}},
            _CLASS: {"status": {"supportedFeatures": [{"name": "Gateway"}, {"name": MIRRORS}]}},
        }
        self.partial = ""
        """Why the controller drops a part of a route."""

    def applied(self, path: str, spec: dict[str, Any]) -> dict[str, Any]:
        """Take the fields that were applied; lists of rules are whole."""
        route = self.objects[path]
        route["spec"] |= spec
        route["metadata"]["generation"] += 1
        seen = {"observedGeneration": route["metadata"]["generation"]}
        conditions = [{"type": kind, "status": "True", **seen} for kind in _CONDITIONS]
        if self.partial:
            said = {"reason": "UnsupportedValue", "message": self.partial}
            conditions.append({"type": "PartiallyInvalid", "status": "True", **seen, **said})
        route["status"] = {"parents": [{"parentRef": {"name": "web"}, "conditions": conditions}]}
        return route


_CONDITIONS = ("Accepted", "ResolvedRefs")


class _Handler(Handler, BaseHTTPRequestHandler):
    api: Api

    def do_GET(self) -> None:
        if self.path == _API:
            return self.send(200, {"resources": _KINDS})
        found = self.api.objects.get(self.path)
        return self.send(200 if found else 404, found or {"reason": "NotFound"})

    def do_PATCH(self) -> None:
        path, _, query = self.path.partition("?")
        assert "force=true" in query
        self.send(200, self.api.applied(path, yaml.safe_load(self.body())["spec"]))


@pytest.fixture
def api() -> Generator[Api]:
    with Api() as served:
        yield served


@pytest.fixture
def route(api: Api) -> Route:
    config = {
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": api.address}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    return Route(Server(connect({"kubeconfig": yaml.safe_dump(config)})), "models", "cancer")


def test_a_mirror_copies_a_share_and_the_next_weights_end_it(api: Api, route: Route) -> None:
    route.write({"rold": 100}, {"rnew": 25})
    (rule,) = api.objects[_ROUTE]["spec"]["rules"]
    backend = {"name": "cancer-rnew", "port": 80}
    assert rule["filters"] == [
        {"type": "RequestMirror", "requestMirror": {"backendRef": backend, "percent": 25}}
    ]
    assert (route.shares(), route.mirrored(), route.pending()) == ({"rold": 100}, "rnew", "")
    route.write({"rnew": 100})
    (rule,) = api.objects[_ROUTE]["spec"]["rules"]
    assert "filters" not in rule
    assert (route.shares(), route.mirrored()) == ({"rnew": 100}, "")


def test_a_class_that_says_that_it_mirrors_is_taken_at_its_word(route: Route) -> None:
    route.require_mirrors()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({}, "of its class some names none; write rollout: canary"),
        ({"supportedFeatures": [{"name": "HTTPRouteRequestMirror"}]}, f"some has no {MIRRORS};"),
    ],
)
def test_one_that_does_not_say_so_is_refused_before_anything_is_written(
    api: Api, route: Route, status: dict[str, Any], said: str
) -> None:
    api.objects[_CLASS]["status"] = status
    with pytest.raises(ServiceError, match=said):
        route.require_mirrors()
    assert api.objects[_ROUTE]["metadata"]["generation"] == 1


def test_a_gateway_that_is_not_there_says_nothing(api: Api, route: Route) -> None:
    del api.objects[_GATEWAY]
    with pytest.raises(ServiceError, match=r"gateway gateway/web .* class \(unknown\) names none"):
        route.require_mirrors()


def test_a_controller_that_drops_a_part_of_the_route_refuses_it(api: Api, route: Route) -> None:
    api.partial = "Dropped Rule 0: filter RequestMirror is not supported"
    route.write({"rold": 100}, {"rnew": 25})
    with pytest.raises(ServiceError, match="gateway web: UnsupportedValue: Dropped Rule 0"):
        route.pending()
    # What was said of an earlier route holds no longer.
    (parent,) = api.objects[_ROUTE]["status"]["parents"]
    parent["conditions"][-1]["observedGeneration"] -= 1
    assert route.pending() == ""
