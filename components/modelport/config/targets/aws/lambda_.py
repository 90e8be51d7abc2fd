"""Kind `aws.lambda`: a function of AWS Lambda from a container image."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.base import Model
from modelport.config.targets.aws.balanced import Named
from modelport.config.targets.aws.network import Network
from modelport.config.targets.base import Component, Replicas


class Jwt(Model):
    """Tokens that an HTTP API accepts instead of signatures with IAM."""

    issuer: Annotated[str, Field(pattern=r"^https://[^\s]+$", max_length=512)]
    """Who issues them, as in their `iss`, e.g. `https://login.example.com/realms/clinic`."""
    audiences: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=512)], ...],
        Field(min_length=1, max_length=20),
    ]
    """For whom they are issued, as in their `aud`; one of these must match."""


class Throttle(Model):
    """Requests that an HTTP API takes; it answers more with 429, and none of them costs a copy.

    Targets rather than exact limits:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html.
    """

    rate: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Requests a second over a longer time, 1 to 10000, which is what an account takes."""
    burst: Annotated[int, Field(ge=1, le=5000)] = 200
    """Requests that may come at one time, 1 to 5000."""


class LambdaTarget(Named):
    """A function of AWS Lambda."""

    COMPONENT: ClassVar[Component] = "ServerlessPredictor"

    kind: Literal["aws.lambda"] = "aws.lambda"
    """Kind of target."""
    memory_mib: Annotated[int, Field(ge=128, le=10240)] = 1024
    """Memory of one copy in MiB, 128 to 10240; processors grow with it, one for each 1769."""
    timeout: Annotated[int, Field(ge=1, le=900)] = 30
    """Seconds after which a request is ended, 1 to 900; an HTTP API (`domain`) waits 30."""
    tmp_mib: Annotated[int, Field(ge=512, le=10240)] = 512
    """Space under `/tmp`, the only place to write, in MiB, 512 to 10240."""
    architecture: Literal["amd64", "arm64"] = "amd64"
    """Processors; arm64 costs a fifth less, and every package of the bundle must have it."""
    replicas: Replicas = Replicas(min=0, max=10)
    """Copies: `min` are kept warm and cost all day, 0 for none; at most `max` requests are served
    at a time, which are taken out of what the account may run at once (1000 unless raised)."""
    network: Network | None = None
    """Subnets that the function joins; left out, it is in none, and may call the internet."""
    invokers: Annotated[
        tuple[
            Annotated[str, Field(pattern=r"^(arn:aws[a-z-]*:iam::[0-9]{12}:.+|[0-9]{12})$")], ...
        ],
        Field(max_length=20),
    ] = ()
    """Roles, users or accounts that may call, beside those of its own account whose policies allow
    it, e.g. `arn:aws:iam::123456789012:role/clinic` or `123456789012`."""
    jwt: Jwt | None = None
    """Tokens that callers of `domain` send; left out, they sign with IAM."""
    throttle: Throttle = Throttle()
    """How many requests the HTTP API of `domain` takes."""
