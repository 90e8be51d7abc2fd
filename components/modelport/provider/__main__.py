"""The plugin program: `pulumi-resource-modelport [engine address]`, started by the engine."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from modelport.provider import HANDLERS
from modelport.provider.servicer import ModelportProvider


def main(arguments: list[str]) -> None:
    """Serve until the engine ends this process; the port goes to standard output."""
    engine = next((word for word in arguments if not word.startswith("-")), None)
    server = grpc.server(ThreadPoolExecutor(max_workers=16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(
        ModelportProvider([handler() for handler in HANDLERS], engine), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


def _end_with(parent: int) -> None:
    """End when the engine does, however it ended: nobody would hear what is done any more."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
