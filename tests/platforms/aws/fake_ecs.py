"""A server that answers as the documented API of ECS does: one service, in any state.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html; services of moto are
never in the middle of a deployment.
"""

from http.server import BaseHTTPRequestHandler
from typing import Any

from fakes.served import Handler, Served


class FakeEcs(Served):
    """One service, whose task definitions all have the same image."""

    def __init__(self, service: dict[str, Any], *, image: str) -> None:
        self.answers: dict[str, dict[str, Any]] = {
            "DescribeServices": {"services": [service], "failures": []},
            "DescribeTaskDefinition": {
                "taskDefinition": {"containerDefinitions": [{"name": "model", "image": image}]}
            },
        }
        super().__init__(_handler(self))


def _handler(fake: FakeEcs) -> type[Handler]:
    class Answering(Handler, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.body()
            operation = str(self.headers["x-amz-target"]).rpartition(".")[2]
            headers = {"content-type": "application/x-amz-json-1.1"}
            self.send(200, fake.answers[operation], headers)

    return Answering
