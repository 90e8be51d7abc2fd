"""A small server that answers as Azure's resource manager does for what is read and patched."""

from http.server import BaseHTTPRequestHandler
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from fakes.served import Handler, Served


class FakeArm(Served):
    """Properties of resources by their id; a patch is merged, and ends as a long operation."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, Any]] = {}
        self.around: dict[str, dict[str, Any]] = {}
        """What stands beside the properties, e.g. tags."""
        self.settings: dict[str, dict[str, str]] = {}
        """Settings of apps and their slots by id."""
        super().__init__(_handler(self))

    def swap(self, path: str, slot: str) -> None:
        """Exchange the settings of an app and its slot."""
        other = f"{path}/slots/{slot}"
        self.settings[path], self.settings[other] = self.settings[other], self.settings[path]

    def patch(self, path: str, body: dict[str, Any]) -> None:
        """Merge, as RFC 7396 says."""
        _merge(self.resources[path], body.get("properties", {}))


def _merge(into: dict[str, Any], change: dict[str, Any]) -> None:
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], cast("dict[str, Any]", value))
        else:
            into[key] = value


def _handler(fake: FakeArm) -> type[Handler]:
    class Answering(Handler, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path == "/operation":
                self.send(200, {"status": "Succeeded"})
            elif "api-version" not in parse_qs(address.query):
                self.send(400, {"error": {"message": "api-version is missing"}})
            elif address.path in fake.resources:
                around = fake.around.get(address.path, {})
                self.send(200, {**around, "properties": fake.resources[address.path]})
            else:
                self.send(404, {"error": {"message": "not found"}})

        def do_PATCH(self) -> None:
            body = self.json()
            fake.patch(urlsplit(self.path).path, body)
            self.send(202, {}, {"azure-asyncoperation": f"{fake.address}/operation"})

        do_PUT = do_PATCH  # noqa: N815

        def do_POST(self) -> None:
            body = self.json()
            path = urlsplit(self.path).path
            if path.endswith("/config/appsettings/list"):
                settings = fake.settings[path.removesuffix("/config/appsettings/list")]
                self.send(200, {"properties": settings})
            elif path.endswith("/slotsswap"):
                fake.swap(path.removesuffix("/slotsswap"), body["targetSlot"])
                self.send(202, {}, {"location": f"{fake.address}/operation"})
            else:
                self.send(200, {}, {"x-asked": self.headers.get("authorization", "")})

    return Answering
