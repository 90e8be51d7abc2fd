"""Starts: how each platform starts a container and where it calls it.

What the platform says by a variable is said here by the same variable. Where a platform leaves the
port to the deployment, ours is `PORT` of `modelport.platforms.container`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelport.platforms.container import ALIVE, PORT, PREDICT, READY

_VERTEX = "/v1/endpoints/1/deployedModels/2"


@dataclass(frozen=True, slots=True)
class Start:
    """What a platform gives a container."""

    port_variable: str | None
    """Variable with the port; None where it is fixed."""
    port: int | None = None
    """The fixed port; None: the platform takes a free one."""
    arguments: tuple[str, ...] = ()
    """Arguments behind the entry point."""
    variables: Mapping[str, str] = field(default_factory=dict[str, str])
    """What else the platform sets."""
    health: tuple[str, ...] = (ALIVE, READY)
    """Paths that it asks with GET."""
    predict: str = PREDICT
    """Path that it posts predictions to."""

    runtime_api: bool = False
    """Whether it listens nowhere, and asks Lambda's Runtime API for events instead."""

    function: bool = False
    """Whether functions-framework starts it from sources, and no image."""

    container: tuple[str, ...] = ()
    """Options of `docker run` that make a container as strict as the platform's."""

    @property
    def port_fix(self) -> str:
        """What to do about a server that listens elsewhere."""
        if self.port_variable is None:
            return f"listen on {self.port}"
        return f"read the port from {self.port_variable}"


USUAL = Start("PORT", PORT)
"""Where the deployment names the port, and so for every kind that is not below."""
STARTS: Mapping[str, Start] = {
    "aws.sagemaker": Start(
        None, 8080, arguments=("serve",), health=("/ping",), predict="/invocations"
    ),
    "gcp.vertex": Start(
        "AIP_HTTP_PORT",
        variables={
            "AIP_MODE": "PREDICTION",
            "AIP_HEALTH_ROUTE": _VERTEX,
            "AIP_PREDICT_ROUTE": f"{_VERTEX}:predict",
        },
        health=(_VERTEX,),
        predict=f"{_VERTEX}:predict",
    ),
    "aws.lambda": Start(
        None,
        variables={"AWS_LAMBDA_FUNCTION_NAME": "it", "LAMBDA_TASK_ROOT": "/var/task"},
        health=(),
        runtime_api=True,
        container=("--read-only", "--tmpfs", "/tmp"),  # noqa: S108 - of the container
    ),
    "gcp.cloud_run": Start(
        "PORT", variables={"K_SERVICE": "it", "K_REVISION": "it-1", "K_CONFIGURATION": "it"}
    ),
    "gcp.functions": Start("PORT", variables={"K_SERVICE": "it"}, health=(), function=True),
    "azure.functions": Start(
        "FUNCTIONS_CUSTOMHANDLER_PORT",
        variables={"FUNCTIONS_WORKER_RUNTIME": "custom"},
        health=(),
        predict="/api/predict",
    ),
    "gcp.app_engine": Start("PORT", 8080, variables={"GAE_ENV": "flex"}),
    "azure.web_app": Start("WEBSITES_PORT", 8080),
    "docker": Start("PORT"),
    # As the restricted standard asks, and with a root that cannot be written.
    "kubernetes": Start("PORT", container=("--read-only", "--tmpfs", "/tmp")),  # noqa: S108
    "heroku": Start("PORT", container=("--user", "48213:48213")),
}
"""By kind, where a platform has words of its own."""
