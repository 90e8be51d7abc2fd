"""The plugin program: `pulumi-resource-modelport [engine address]`, started by the engine."""

import sys
from concurrent.futures import ThreadPoolExecutor

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
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main(sys.argv[1:])
