"""A small server that answers as Cloud Run's API v2 does for what is read back and moved."""

from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fakes.served import Handler, Served

_SHARE = {"type", "revision", "percent", "tag"}


class FakeRun(Served):
    """Services by name, with their traffic; bodies with unknown fields are refused."""

    def __init__(self) -> None:
        self.services: dict[str, dict[str, Any]] = {}
        super().__init__(_handler(self))

    def make(self, name: str, *, revisions: dict[str, int], digest: str) -> None:
        """A service whose last revision is the newest."""
        newest = f"{name}-{list(revisions)[-1]}"
        self.services[name] = {
            "uri": f"{self.address}/{name}",
            "terminalCondition": {"state": "CONDITION_SUCCEEDED"},
            "latestReadyRevision": newest,
            "latestCreatedRevision": newest,
            "template": {"revision": newest, "containers": [{"image": f"x/y@{digest}"}]},
            "trafficStatuses": [
                {"revision": f"{name}-{revision}", "percent": share}
                for revision, share in revisions.items()
            ],
        }

    def move(self, name: str, body: dict[str, Any], mask: str) -> tuple[int, dict[str, Any]]:
        """PATCH of the traffic alone."""
        shares = body.get("traffic", [])
        wrong = set(body) - {"traffic"} or [item for item in shares if set(item) - _SHARE]
        if mask != "traffic" or wrong or sum(item["percent"] for item in shares) != 100:
            return 400, {"error": {"message": f"invalid: {mask} {body}"}}
        self.services[name]["trafficStatuses"] = shares
        return 200, {"name": "projects/p/locations/r/operations/1", "done": True, "response": {}}


def _handler(fake: FakeRun) -> type[Handler]:
    class Answering(Handler, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            found = fake.services.get(name)
            self.send(200 if found else 404, found or {"error": {"message": "not found"}})

        def do_PATCH(self) -> None:
            address = urlsplit(self.path)
            mask = parse_qs(address.query).get("updateMask", [""])[0]
            self.send(*fake.move(address.path.rpartition("/")[2], self.json(), mask))

        def do_POST(self) -> None:
            self.send_caller()

    return Answering
