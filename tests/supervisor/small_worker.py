"""A serving process small enough to test the supervisor: answers its version over HTTP.

Arguments: version, private socket, public socket, control pair. Version `broken` ends at once,
`slow` is never ready.
"""

import os
import select
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

version = sys.argv[1]
private, public, control = (socket.socket(fileno=int(word)) for word in sys.argv[2:5])


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ready = version != "slow"
        if self.path == "/wait":
            time.sleep(0.5)
        if self.path == "/die":
            os._exit(3)
        body = f"{version} {os.getpid()}".encode()
        self.send_response(200 if ready else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        sys.stderr.write(f"{version}: {format % args}\n")


def server(listening: socket.socket) -> HTTPServer:
    made = HTTPServer(("", 0), Handler, bind_and_activate=False)
    made.socket.close()
    made.socket = listening
    return made


if version == "broken":
    sys.stderr.write("the model cannot be loaded\n")
    sys.exit(7)

servers = [server(private)]
threading.Thread(target=servers[0].serve_forever, args=(0.02,)).start()


def end(*_: object) -> None:
    for one in servers:
        threading.Thread(target=one.shutdown).start()
    threading.Timer(0.6, lambda: os._exit(0)).start()


signal.signal(signal.SIGTERM, end)
while True:
    select.select([control], [], [], 1)
    said = control.recv(64)
    if not said:
        os._exit(0)  # the supervisor is gone
    if b'"promote"' in said:
        servers.append(server(public))
        threading.Thread(target=servers[1].serve_forever, args=(0.02,)).start()
