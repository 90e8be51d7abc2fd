"""Either: a connection that turns out to be HTTP/1.1 or HTTP/2 by its first bytes."""

import asyncio
from typing import Any, cast

from starlette.types import ASGIApp

from modelport_serving.grpc.http2 import Http2
from modelport_serving.server import BoundedProtocol

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What every HTTP/2 connection begins with, and no HTTP/1.1 request: RFC 9113, 3.4."""


def either(app: ASGIApp) -> type[BoundedProtocol]:
    """The protocol of a server whose HTTP/2 requests `app` answers, and the rest as ever."""

    class Either(BoundedProtocol):
        _begun: bytes | None = b""
        _raw: asyncio.Transport

        def connection_made(self, transport: asyncio.Transport) -> None:
            self._raw = transport
            super().connection_made(transport)

        def data_received(self, data: bytes) -> None:
            if self._begun is None:
                super().data_received(data)
                return
            data = self._begun + data
            if len(data) < len(PREFACE) and PREFACE.startswith(data):
                self._begun = data  # it is time-limited like headers that are not complete
            elif data.startswith(PREFACE):
                self._hand_over(data)
            else:
                self._begun = None
                super().data_received(data)

        def _hand_over(self, data: bytes) -> None:
            self._finish()
            self.connections.discard(cast("Any", self))
            connection = Http2(app, self.server_state, self.app_state)
            self._raw.set_protocol(connection)
            connection.connection_made(self._raw)
            connection.data_received(data)

    return Either
