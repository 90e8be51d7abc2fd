"""modelport:local: what runs on this machine."""

from collections.abc import Sequence
from typing import Any

import pulumi

from modelport.resources.plugin import plugin_options


class Server(pulumi.CustomResource):
    """A bundle served by supervised processes on this machine, verified before it counts as made.

    The arguments are those of `modelport.provider.local_server.LocalServerInputs`.
    """

    url: pulumi.Output[str]
    """Base address of the endpoint."""
    call: pulumi.Output[str]
    """A shell command that asks for one prediction, run in the project's folder."""
    log: pulumi.Output[str]
    """Path of the log, from the project's folder."""
    status: pulumi.Output[str]
    """`running`, or after a refresh `stopped` or `changed`."""
    verified: pulumi.Output[str]
    """What was proved when it was last deployed."""
    releases: pulumi.Output[list[dict[str, str]]]
    """Versions that were live, each with the time from which it was; the last one is live."""

    def __init__(
        self,
        name: str,
        *,
        stack: pulumi.Input[str],
        deployment: pulumi.Input[str],
        bundle: pulumi.Input[str],
        version: pulumi.Input[str],
        host: pulumi.Input[str],
        port: pulumi.Input[int],
        workers: pulumi.Input[int] | None,
        memory_bytes: pulumi.Input[int],
        log_bytes: pulumi.Input[int],
        start_timeout: pulumi.Input[float],
        max_body_bytes: pulumi.Input[int],
        max_rows: pulumi.Input[int],
        protocols: pulumi.Input[Sequence[str]] | None,
        fallback: pulumi.Input[dict[str, Any]] | None,
        capture: pulumi.Input[dict[str, Any]] | None,
        rollout: pulumi.Input[str | dict[str, Any]],
        api_key: pulumi.Input[str] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "stack": stack,
            "deployment": deployment,
            "bundle": bundle,
            "version": version,
            "host": host,
            "port": port,
            "workers": workers,
            "memory_bytes": memory_bytes,
            "log_bytes": log_bytes,
            "start_timeout": start_timeout,
            "max_body_bytes": max_body_bytes,
            "max_rows": max_rows,
            "protocols": protocols,
            "fallback": fallback,
            "capture": capture,
            "rollout": rollout,
            "api_key": api_key,
            "url": None,
            "call": None,
            "log": None,
            "status": None,
            "serving": None,
            "verified": None,
            "releases": None,
        }
        super().__init__("modelport:local:Server", name, props, plugin_options(opts))
