"""Process: a provider served to the engine that started this process."""

import os
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from types import FrameType

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from modelport.provider.base import BaseProvider

_CALLS = 128
"""At once: each may wait for minutes, for what another one makes; threads come when needed."""
_LARGEST_MESSAGE = 400 << 20
"""Bytes, as the engine's own limit."""


def serve(arguments: list[str], provider: Callable[[str | None], BaseProvider]) -> None:
    """Serve until the engine ends this process; the port goes to standard output.

    Args:
        arguments: What the engine gave: its address, and flags.
        provider: Makes the provider from the engine's address.
    """
    # The engine ends its plugins by an interrupt, and waits 5 s for one that does not go.
    signal.signal(signal.SIGINT, _end)
    engine = next((word for word in arguments if not word.startswith("-")), None)
    server = grpc.server(
        ThreadPoolExecutor(max_workers=_CALLS),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider(engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


def _end(_signal: int, _frame: FrameType | None) -> None:
    os._exit(0)


def _end_with(parent: int) -> None:
    """End when the engine does, however it ended: nobody would hear what is done any more."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)
