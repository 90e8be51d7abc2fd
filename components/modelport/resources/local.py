"""modelport:local: what runs on this machine."""

import pulumi

from modelport.resources.plugin import plugin_options
from modelport.resources.serving import ServingArguments


class Server(pulumi.CustomResource):
    """A bundle served by supervised processes on this machine, verified before it counts as made.

    The arguments are those of `modelport.provider.local_inputs.LocalServerInputs`.
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
        serving: ServingArguments,
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
            **serving,
            "url": None,
            "call": None,
            "log": None,
            "status": None,
            "serving": None,
            "verified": None,
            "releases": None,
        }
        super().__init__("modelport:local:Server", name, props, plugin_options(opts))
