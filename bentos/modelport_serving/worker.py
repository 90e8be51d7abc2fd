"""Worker: one process that serves a built Bento on a listening socket that it inherits.

    PYTHONPATH=<bento>/src python -m modelport_serving.worker --bento <bento> --fd 3 [--grace 20]

Several workers may share one socket. On SIGTERM the worker stops accepting, lets callers with an
open connection send a last request, finishes what it has and ends with status 0. When the model
cannot be loaded it says why in one line on standard error and ends with status 1.
"""

import argparse
import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import Any, cast

DEFAULTS = {
    # Without it BentoML restarts a broken service for ever instead of ending.
    "BENTOML_CONTAINERIZED": "true",
    "DO_NOT_TRACK": "true",
    "BENTOML_DO_NOT_TRACK": "true",
    "OMP_NUM_THREADS": "1",
}
# Before NumPy and BentoML are imported: both read them once.
for _name, _value in DEFAULTS.items():
    os.environ.setdefault(_name, _value)

import bentoml  # noqa: E402
import uvicorn  # noqa: E402
from starlette.types import ASGIApp, Message, Receive, Scope, Send  # noqa: E402

import modelport_serving  # noqa: E402
from modelport_serving.bento import served  # noqa: E402
from modelport_serving.errors import StartError  # noqa: E402
from modelport_serving.metrics import forget_process  # noqa: E402
from modelport_serving.middleware import Front  # noqa: E402
from modelport_serving.runtime import Runtime  # noqa: E402

GRACE_SECONDS = 20
LINGER_SECONDS = 1.0
"""How long idle connections stay open while draining, for requests that are on their way."""
GC_THRESHOLDS = (50_000, 50, 100)
"""Python's 700, 10, 10 collect during requests, which is most of the p99 latency."""


class _Starting:
    """Keeps the reason of a failed start, which would otherwise be a page of traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.reason: str | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return

        async def send_watching(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                lines = str(message.get("message", "")).strip().splitlines() or ["no reason given"]
                self.reason = lines[-1].removeprefix("modelport_serving.errors.StartError: ")
                message = {"type": "lifespan.startup.failed", "message": ""}
            elif message["type"] == "lifespan.startup.complete":
                # What is loaded stays for ever, so the collector need not look at it again.
                gc.collect()
                gc.freeze()
                gc.set_threshold(*GC_THRESHOLDS)
            await send(message)

        await self.app(scope, receive, send_watching)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, runtime: Runtime) -> None:
        super().__init__(config)
        self.runtime = runtime

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drain: no new connections, a last answer on the open ones, then uvicorn's own way."""
        self.runtime.draining = True
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while self.server_state.connections:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pass
        await super().shutdown(None)


def serve(bento: Path, fd: int, grace_seconds: int) -> None:
    """Serve `bento` on the listening socket `fd` until SIGTERM.

    Raises `StartError` when it cannot be loaded.
    """
    service = load(bento)
    runtime = served(service).runtime
    app = _Starting(Front(service.to_asgi(), answer=served(service).app))
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=grace_seconds,
    )
    # uvicorn repeats the signal to itself after a clean end; this makes its status 0.
    signal.signal(signal.SIGTERM, _ignore)
    try:
        _Server(config, runtime).run(sockets=[socket.socket(fileno=fd)])
    except SystemExit:
        raise StartError(app.reason or "the server did not start") from None
    finally:
        forget_process()


def load(bento: Path) -> "bentoml.Service[Any]":
    """Load the service of a built Bento, with the serving code that the Bento carries.

    Raises `StartError` when it cannot be loaded.
    """
    if not (bento / "bento.yaml").is_file():
        raise StartError(f"{bento} is no built Bento: it has no bento.yaml")
    carried = (bento / "src" / "modelport_serving").resolve()
    if Path(modelport_serving.__file__).resolve().parent != carried:
        raise StartError(f"the worker must run the Bento's own code; set PYTHONPATH={bento}/src")
    try:
        return cast("bentoml.Service[Any]", bentoml.load(str(bento), standalone_load=True))
    except Exception as error:
        message = " ".join(str(error).split())
        raise StartError(f"{bento} cannot be loaded: {message}") from error


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Let a signal pass."""


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="modelport_serving.worker")
    parser.add_argument("--bento", type=Path, required=True, help="folder of a built Bento")
    parser.add_argument("--fd", type=int, required=True, help="listening socket to serve on")
    parser.add_argument("--grace", type=int, default=GRACE_SECONDS, help="seconds to drain for")
    arguments = parser.parse_args()
    # Reasons are told in one line below; the libraries would add tracebacks of their own.
    logging.disable(logging.ERROR)
    try:
        serve(arguments.bento, arguments.fd, arguments.grace)
    except StartError as error:
        sys.stderr.write(f"cannot start: {error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
