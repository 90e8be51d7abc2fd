"""A server that answers as the documented API of Lambda does, as far as the live service asks.

https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html; moto knows no provisioned
concurrency, and runs functions in containers.
"""

from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fakes.served import Handler, Served

_FUNCTIONS = "/2015-03-31/functions/f"
_WARM = "/2019-09-30/functions/f/provisioned-concurrency"


class FakeLambda(Served):
    """One function `f` with the alias `live`."""

    def __init__(self) -> None:
        self.versions: list[dict[str, Any]] = []
        self.alias: dict[str, Any] | None = None
        self.warm: dict[str, Any] | None = None
        self.error = ""
        """Kind of error that invocations end with."""
        self.asked: list[tuple[str, dict[str, Any]]] = []
        """Qualifier and event of each invocation."""
        super().__init__(_handler(self))

    def publish(self, revision: str, digest: str) -> None:
        """A version, as an update of the function publishes it."""
        number = str(len(self.versions) + 1)
        self.versions.append(
            {
                "Version": number,
                "Description": f"model 0123456789abcdef, revision {revision}",
                "image": f"1.dkr.ecr.eu-west-1.amazonaws.com/m@{digest}",
            }
        )

    def get(self, path: str, query: dict[str, str]) -> tuple[dict[str, Any] | None, str]:
        """What is there, and how Lambda says that it is not."""
        if path == _WARM:
            return self.warm, "ProvisionedConcurrencyConfigNotFoundException"
        if path == f"{_FUNCTIONS}/versions":
            return self.page(query.get("Marker", "")), ""
        if path == _FUNCTIONS:
            return self.function(query["Qualifier"]), ""
        return self.alias, "ResourceNotFoundException"

    def page(self, marker: str) -> dict[str, Any]:
        """Versions, two to a page, the unpublished one first."""
        latest = {**self.versions[-1], "Version": "$LATEST"}
        everything = [latest, *self.versions]
        start = int(marker or 0)
        more = {"NextMarker": str(start + 2)} if start + 2 < len(everything) else {}
        return {"Versions": everything[start : start + 2], **more}

    def function(self, number: str) -> dict[str, Any]:
        """One version."""
        found = self.versions[int(number) - 1]
        return {
            "Configuration": {"State": "Active"},
            "Code": {"ImageUri": found["image"], "ResolvedImageUri": found["image"]},
        }


def _split(path: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(path)
    return parts.path.rstrip("/"), {name: found[0] for name, found in parse_qs(parts.query).items()}


def _handler(fake: FakeLambda) -> type[Handler]:
    class Answering(Handler, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found, missing = fake.get(*_split(self.path))
            if found is None:
                self.send(404, {"Message": "not here"}, {"x-amzn-ErrorType": missing})
            else:
                self.send(200, found)

        def do_PUT(self) -> None:
            change = self.json()
            assert fake.alias is not None
            fake.alias.update(change)
            self.send(200, fake.alias)

        def do_POST(self) -> None:
            path, query = _split(self.path)
            event = self.json()
            if path == "/predict":
                headers = {"x-asked": str(self.headers["authorization"])}
                self.send(200, {"predictions": [1]}, headers)
                return
            fake.asked.append((query["Qualifier"], event))
            headers = {"X-Amz-Function-Error": fake.error} if fake.error else {}
            answer = {"statusCode": 200, "headers": {"x-a": "b"}, "body": '{"predictions": []}'}
            self.send(200, {"errorMessage": "killed"} if fake.error else answer, headers)

    return Answering
