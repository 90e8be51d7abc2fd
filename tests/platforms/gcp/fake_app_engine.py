"""A small server that answers as App Engine's Admin API does for what is read back and moved."""

from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fakes.served import Handler, Served


class FakeAppEngine(Served):
    """Services and versions by their path."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        super().__init__(_handler(self))

    def application(self, project: str, location: str, *, default: bool = True) -> None:
        """The App Engine of a project."""
        host = f"{project}.ew.r.appspot.com"
        self.found[f"/v1/apps/{project}"] = {"locationId": location, "defaultHostname": host}
        if default:
            self.found[f"/v1/apps/{project}/services/default"] = {"id": "default"}

    def remove(self, path: str) -> tuple[int, dict[str, Any]]:
        """DELETE of a service, with its versions."""
        if path not in self.found:
            return 404, {"error": {"message": "not found"}}
        for name in [name for name in self.found if name == path or name.startswith(f"{path}/")]:
            del self.found[name]
        return 200, {"name": "apps/p/operations/2", "done": True, "response": {}}

    def make(self, project: str, service: str, shares: dict[str, float]) -> None:
        """A service with a version for each share."""
        path = f"/v1/apps/{project}/services/{service}"
        allocations = {name: share for name, share in shares.items() if share}
        self.found[path] = {"id": service, "split": {"allocations": allocations}}
        for name in shares:
            self.found[f"{path}/versions/{name}"] = {
                "servingStatus": "SERVING",
                "versionUrl": self.address,
                "deployment": {"container": {"image": f"x/y@sha256:{name}"}},
            }

    def move(self, path: str, body: dict[str, Any], mask: str) -> tuple[int, dict[str, Any]]:
        """PATCH of the split alone, whose shares add up to 1."""
        split = body.get("split", {})
        whole = abs(sum(split.get("allocations", {}).values()) - 1) < 1e-9
        if mask != "split" or set(body) != {"split"} or not whole:
            return 400, {"error": {"message": f"invalid: {mask} {body}"}}
        self.found[path]["split"] = split
        return 200, {"name": "apps/p/operations/1", "done": True, "response": {}}


def _handler(fake: FakeAppEngine) -> type[Handler]:
    class Answering(Handler, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = fake.found.get(urlsplit(self.path).path)
            self.send(200 if found else 404, found or {"error": {"message": "not found"}})

        def do_PATCH(self) -> None:
            address = urlsplit(self.path)
            mask = parse_qs(address.query).get("updateMask", [""])[0]
            body = self.json()
            self.send(*fake.move(address.path, body, mask))

        def do_DELETE(self) -> None:
            self.send(*fake.remove(urlsplit(self.path).path))

        def do_POST(self) -> None:
            self.send_caller()

    return Answering
