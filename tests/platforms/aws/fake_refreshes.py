"""A server that passes requests on to moto, and itself says what refreshes of instances there are.

https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeInstanceRefreshes.html; moto
has groups, and no refreshes.
"""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Self

import httpx

_ANSWER = """<DescribeInstanceRefreshesResponse
 xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
<DescribeInstanceRefreshesResult><InstanceRefreshes>{}</InstanceRefreshes>
</DescribeInstanceRefreshesResult></DescribeInstanceRefreshesResponse>"""
_MEMBER = """<member><InstanceRefreshId>1</InstanceRefreshId><Status>{}</Status>
<PercentageComplete>50</PercentageComplete></member>"""


class FakeRefreshes:
    """Auto Scaling as moto has it, with one refresh in a state; none while it is empty."""

    def __init__(self, moto: str) -> None:
        self.moto = moto
        self.status = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(fake: FakeRefreshes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if b"Action=DescribeInstanceRefreshes" in body:
                member = _MEMBER.format(fake.status) if fake.status else ""
                status, sent = 200, _ANSWER.format(member).encode()
            else:
                passed = httpx.post(fake.moto, content=body, headers=dict(self.headers.items()))
                status, sent = passed.status_code, passed.content
            self.send_response(status)
            self.send_header("content-type", "text/xml")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    return Handler
