"""The switch's process, and the program that passes orders to it.

    python -m modelport_serving.switch serve FILE   serve on PORT; FILE remembers the routes
    python -m modelport_serving.switch talk         pass lines of orders on, and the answers back
    python -m modelport_serving.switch check        end with 0 when it takes orders

`talk` and `check` need the standard library alone, and are started in the same container.
"""

import json
import os
import socket
import sys
from pathlib import Path

SOCKET = Path(os.environ.get("TMPDIR", "/tmp")) / "modelport-switch.sock"  # noqa: S108 - private to the container
PORT = 8080
GRACE_SECONDS = 8
_CHECK_SECONDS = 4


def serve(remembered: Path, host: str = "0.0.0.0", port: int = PORT) -> None:  # noqa: S104
    """Serve until SIGTERM; raises `StartError` when the routes cannot be read."""
    import asyncio

    import uvicorn

    from modelport_serving.server import BoundedProtocol
    from modelport_serving.switch.app import Switch
    from modelport_serving.switch.orders import Orders, listening
    from modelport_serving.switch.routes import read_routes

    switch = Switch(read_routes(remembered))
    config = uvicorn.Config(
        switch,
        host=host,
        port=port,
        interface="asgi3",
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        backlog=2048,
        # Callers keep their connections over every change of version.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )

    async def run() -> None:
        async with listening(Orders(switch, remembered, f"127.0.0.1:{port}"), SOCKET):
            await uvicorn.Server(config).serve()

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(run())


def talk() -> int:
    """Pass lines on until standard input ends."""
    with _connected() as connection, connection.makefile("rb") as answers:
        for line in sys.stdin.buffer:
            connection.sendall(line)
            sys.stdout.buffer.write(answers.readline())
            sys.stdout.buffer.flush()
    return 0


def check() -> int:
    """Whether the process takes orders."""
    try:
        with _connected() as connection, connection.makefile("rb") as answers:
            connection.settimeout(_CHECK_SECONDS)
            connection.sendall(b'{"command": "status"}\n')
            return 0 if "revision" in json.loads(answers.readline()) else 1
    except (OSError, ValueError):
        return 1


def _connected() -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(SOCKET))
    return connection


def main(arguments: list[str]) -> int:
    """Do what the arguments say."""
    if arguments == ["talk"]:
        return talk()
    if arguments == ["check"]:
        return check()
    if len(arguments) != 2 or arguments[0] != "serve":
        sys.stderr.write("cannot start: the arguments are serve FILE, talk or check\n")
        return 2
    from modelport_serving.errors import StartError

    try:
        serve(Path(arguments[1]))
    except StartError as error:
        sys.stderr.write(f"cannot start: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
