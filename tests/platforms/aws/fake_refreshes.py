"""A server that passes requests on to moto, and itself says what refreshes of instances there are.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeInstanceRefreshes.html; moto
has groups, and no refreshes.
"""

from http.server import BaseHTTPRequestHandler

import httpx

from fakes.served import Handler, Served

_ANSWER = """<DescribeInstanceRefreshesResponse
 xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
<DescribeInstanceRefreshesResult><InstanceRefreshes>{}</InstanceRefreshes>
</DescribeInstanceRefreshesResult></DescribeInstanceRefreshesResponse>"""
_MEMBER = """<member><InstanceRefreshId>1</InstanceRefreshId><Status>{}</Status>
<PercentageComplete>50</PercentageComplete></member>"""


class FakeRefreshes(Served):
    """Auto Scaling as moto has it, with one refresh in a state; none while it is empty."""

    def __init__(self, moto: str) -> None:
        self.moto = moto
        self.status = ""
        super().__init__(_handler(self))


def _handler(fake: FakeRefreshes) -> type[Handler]:
    class Answering(Handler, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.body()
            if b"Action=DescribeInstanceRefreshes" in body:
                member = _MEMBER.format(fake.status) if fake.status else ""
                status, sent = 200, _ANSWER.format(member).encode()
            else:
                passed = httpx.post(fake.moto, content=body, headers=dict(self.headers.items()))
                status, sent = passed.status_code, passed.content
            self.send(status, sent, {"content-type": "text/xml"})

    return Answering
