"""Worker: one process that serves a built Bento on a listening socket that it inherits.

    PYTHONPATH=<bento>/src python -m modelport_serving.worker --bento <bento> --fd 3

Several workers may share one socket. Under a supervisor the worker also gets `--public-fd`, a
second listening socket, and `--control-fd`, a connection: it serves `--fd` alone until it is told
to `promote` there, splits its predictions with a candidate version's workers while it is told to
(`modelport_serving.control` has the lines), and ends when the connection does.

On SIGTERM the worker stops accepting, lets callers with an open connection send a last request,
finishes what it has within `--grace` seconds and ends with status 0. When the model cannot be
loaded it says why in one line on standard error and ends with status 1.
"""

import argparse
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
    "OMP_NUM_THREADS": "1",
}
# Before NumPy and BentoML are imported: both read them once.
for _name, _value in DEFAULTS.items():
    os.environ.setdefault(_name, _value)

import bentoml  # noqa: E402
import uvicorn  # noqa: E402

import modelport_serving  # noqa: E402
from modelport_serving import logs  # noqa: E402
from modelport_serving.bento import Bundle, served  # noqa: E402
from modelport_serving.errors import StartError  # noqa: E402
from modelport_serving.gate import Front  # noqa: E402
from modelport_serving.metrics import forget_process  # noqa: E402
from modelport_serving.server import LINGER_SECONDS, BoundedProtocol, Server, Starting  # noqa: E402
from modelport_serving.settings import LIBRARIES, read_settings  # noqa: E402

GRACE_SECONDS = 20


def serve(
    bento: Path,
    fd: int,
    *,
    public_fd: int | None = None,
    control_fd: int | None = None,
    grace_seconds: int = GRACE_SECONDS,
) -> None:
    """Serve `bento` on the listening socket `fd` until SIGTERM.

    Raises `StartError` when it cannot be loaded.
    """
    service = load(bento)
    bundle = served(service)
    protocol = BoundedProtocol
    if "grpc" in read_settings().protocols:
        protocol = _either(bundle)
    app = Starting(Front(service.to_asgi(), answer=bundle.app))
    config = uvicorn.Config(
        app,
        interface="asgi3",
        loop="uvloop",
        http=protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # No header is believed that says where a caller comes from: nothing here depends on it.
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, grace_seconds - round(LINGER_SECONDS)),
    )
    listening = socket.socket(fileno=fd)
    if public_fd is not None:
        bundle.runtime.private = listening.getsockname()[:2]
    server = Server(
        config,
        bundle.runtime,
        public=_socket(public_fd),
        control=_socket(control_fd),
    )
    # uvicorn repeats the signal to itself after a clean end; this makes its status 0.
    signal.signal(signal.SIGTERM, _ignore)
    try:
        server.run(sockets=[listening])
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


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="modelport_serving.worker")
    parser.add_argument("--bento", type=Path, required=True, help="folder of a built Bento")
    parser.add_argument("--fd", type=int, required=True, help="listening socket to serve on")
    parser.add_argument("--public-fd", type=int, help="listening socket to serve once promoted")
    parser.add_argument("--control-fd", type=int, help="connection to the supervisor")
    parser.add_argument("--grace", type=int, default=GRACE_SECONDS, help="seconds to drain for")
    arguments = parser.parse_args()
    # Reasons are told in one line below; the libraries would add tracebacks of their own.
    logging.disable(logging.ERROR)
    try:
        serve(
            arguments.bento,
            arguments.fd,
            public_fd=arguments.public_fd,
            control_fd=arguments.control_fd,
            grace_seconds=arguments.grace,
        )
    except StartError as error:
        sys.stderr.write(f"cannot start: {error}\n")
        sys.exit(1)
    # Not sys.exit(): it would wait for a prediction that has outlived its grace.
    logs.flush()
    os._exit(0)


def _either(bundle: Bundle) -> type[BoundedProtocol]:
    """The protocol of a server that answers gRPC too, whose libraries cost others nothing."""
    try:
        from modelport_serving.grpc.either import either
        from modelport_serving.grpc.services import application
    except ImportError as error:
        needed = " and ".join(LIBRARIES["grpc"])
        message = f"the protocol grpc needs {needed} in the bundle, and {error.name} is missing"
        raise StartError(message) from None
    return either(application(bundle.app))


def _socket(fd: int | None) -> socket.socket | None:
    return None if fd is None else socket.socket(fileno=fd)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Let a signal pass."""


if __name__ == "__main__":
    main()
