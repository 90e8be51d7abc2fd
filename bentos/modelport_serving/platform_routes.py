"""Platform routes: the paths and the address that each platform wants, by what it sets.

    platform              how it is known                    address        paths besides ours
    AWS Lambda            AWS_LAMBDA_RUNTIME_API             none: events   none
    SageMaker             argument `serve`                   0.0.0.0:8080   /ping, /invocations
    Vertex AI             AIP_HTTP_PORT, AIP_*_ROUTE         0.0.0.0:port   those of AIP_*_ROUTE
    Azure Functions       FUNCTIONS_CUSTOMHANDLER_PORT       127.0.0.1:port /api/predict
    Cloud Run, Heroku, …  PORT                               0.0.0.0:port   none
    App Service           WEBSITES_PORT                      0.0.0.0:port   none
    any other             nothing                            0.0.0.0:8080   none

Sources: `docs/images.md`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from modelport_serving.errors import StartError

PLATFORM_VARIABLE = "MODELPORT_PLATFORM"
"""Set to `sagemaker` by the container that was started with `serve`."""
LAMBDA_VARIABLE = "AWS_LAMBDA_RUNTIME_API"
"""Address of Lambda's Runtime API; set there alone."""
HANDLER_PORT = "FUNCTIONS_CUSTOMHANDLER_PORT"
PORTS = ("AIP_HTTP_PORT", "SAGEMAKER_BIND_TO_PORT", "PORT", "WEBSITES_PORT")
"""Variables with a port for every address; the first that is set holds."""
DEFAULT_PORT = 8080
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class PlatformRoute:
    """One path that a platform calls."""

    stands_for: Literal["/predict", "/readyz"]
    """The route of ours whose methods and whose openness it has."""
    endpoint: Literal["predict", "predict_vertex", "ping", "readyz"]
    """What answers. `predict_vertex` takes `parameters` that say nothing, and answers
    `predictions` alone; `ping` answers with an empty body."""

    @property
    def methods(self) -> tuple[str, ...]:
        """HTTP methods."""
        return ("POST",) if self.stands_for == "/predict" else ("GET", "HEAD")


def platform_routes(environment: Mapping[str, str] | None = None) -> dict[str, PlatformRoute]:
    """Paths that the platform calls besides ours, by `environment` (by default the process's)."""
    env = os.environ if environment is None else environment
    found: dict[str, PlatformRoute] = {}
    if env.get(PLATFORM_VARIABLE) == "sagemaker":
        found["/ping"] = PlatformRoute("/readyz", "ping")
        found["/invocations"] = PlatformRoute("/predict", "predict")
    if health := env.get("AIP_HEALTH_ROUTE"):
        found[health] = PlatformRoute("/readyz", "readyz")
    if predict := env.get("AIP_PREDICT_ROUTE"):
        found[predict] = PlatformRoute("/predict", "predict_vertex")
    if env.get(HANDLER_PORT):
        found["/api/predict"] = PlatformRoute("/predict", "predict")
    return found


def address(environment: Mapping[str, str] | None = None) -> tuple[str, int]:
    """Host and port to listen on.

    Raises:
        StartError: what the platform says is no port.
    """
    env = os.environ if environment is None else environment
    if env.get(HANDLER_PORT):
        return "127.0.0.1", _port(HANDLER_PORT, env[HANDLER_PORT])
    name = next((name for name in PORTS if env.get(name)), None)
    # Every address of the container: the platform's router reaches it from outside.
    return "0.0.0.0", DEFAULT_PORT if name is None else _port(name, env[name])  # noqa: S104


def _port(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 < int(value) <= _LAST_PORT):
        raise StartError(f"{name} is {value!r}; it must be a port from 1 to {_LAST_PORT}")
    return int(value)
