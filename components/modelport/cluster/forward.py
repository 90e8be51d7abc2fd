"""Forward: one HTTP request to a pod through the Kubernetes API, headers and all.

The API's own proxy to pods would do without a socket, but takes the header `Authorization` for
itself. The client's stream changes its `ApiClient`, so each request has one of its own.
"""

import http.client
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kubernetes.client import ApiClient, CoreV1Api
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import portforward

from modelport.cluster.connection import Connection
from modelport.cluster.problems import ClusterError, Unreachable


@dataclass(frozen=True, slots=True)
class PodRequest:
    """What is sent to a pod."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class PodAnswer:
    """What a pod answered."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def ask_pod(
    connection: Connection,
    namespace: str,
    pod: str,
    port: int,
    request: PodRequest,
    timeout: float,
) -> PodAnswer:
    """Send a request to a port of a pod.

    Args:
        connection: The cluster.
        namespace: Namespace of the pod.
        pod: Its name.
        port: Port of its container.
        request: What to send.
        timeout: Seconds for each wait.

    Raises:
        Unreachable: the API does not answer, or may not be asked for this.
        ClusterError: the pod does not answer.
    """
    where = f"pod {namespace}/{pod}"
    client = ApiClient(connection.client.configuration)
    try:
        stream: Any = portforward(
            CoreV1Api(client).connect_get_namespaced_pod_portforward,
            pod,
            namespace,
            ports=str(port),
            _request_timeout=timeout,
        )
    except (ApiException, OSError) as error:
        said = getattr(error, "reason", None) or error
        raise Unreachable(f"{where}: no port-forward through the API: {said}") from error
    try:
        tunnel: socket.socket = stream.socket(port)
        tunnel.settimeout(timeout)
        channel = http.client.HTTPConnection(pod, port, timeout=timeout)
        channel.sock = tunnel
        headers = {**request.headers, "Connection": "close"}
        channel.request(request.method, request.path, request.body, headers)
        answer = channel.getresponse()
        return PodAnswer(answer.status, answer.read(), dict(answer.getheaders()))
    except (OSError, http.client.HTTPException) as error:
        said = stream.error(port) or f"{type(error).__name__}: {error}".rstrip(": ")
        raise ClusterError(f"{where} does not answer: {said}") from error
    finally:
        stream.close()
