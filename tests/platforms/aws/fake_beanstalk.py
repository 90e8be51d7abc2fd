"""A server that answers as the documented API of Elastic Beanstalk does: one environment.

https://docs.aws.amazon.com/elasticbeanstalk/latest/api/API_EnvironmentDescription.html; moto's
environments have neither versions nor health.
"""

from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

from fakes.served import Handler, Served

_SPACE = "http://elasticbeanstalk.amazonaws.com/docs/2010-12-01/"


class FakeBeanstalk(Served):
    """One environment with members as in the API; none while they are empty."""

    def __init__(self, instances: int) -> None:
        self.members: dict[str, str] = {}
        self.instances = instances
        super().__init__(_handler(self))

    def result(self, action: str) -> str:
        """What is in the result of an operation."""
        if action == "DescribeEnvironments":
            fields = "".join(f"<{name}>{text}</{name}>" for name, text in self.members.items())
            return f"<Environments>{f'<member>{fields}</member>' if fields else ''}</Environments>"
        one = "".join(f"<member><Id>i-{index}</Id></member>" for index in range(self.instances))
        return f"<EnvironmentResources><Instances>{one}</Instances></EnvironmentResources>"


def _handler(fake: FakeBeanstalk) -> type[Handler]:
    class Answering(Handler, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.body().decode()
            action = parse_qs(body)["Action"][0]
            result = f"<{action}Result>{fake.result(action)}</{action}Result>"
            sent = f'<{action}Response xmlns="{_SPACE}">{result}</{action}Response>'.encode()
            self.send(200, sent, {"content-type": "text/xml"})

    return Answering
