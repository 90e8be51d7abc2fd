"""Deployments: what a user writes under `modelport:deployments`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from modelport.config.base import Model
from modelport.config.gate import Gate
from modelport.config.rollout import Rollout
from modelport.config.slo import Slo
from modelport.config.targets import AnyTarget
from modelport.config.workload import Workload
from modelport_serving.capture import Capture
from modelport_serving.fallback import Fallback
from modelport_serving.oidc import Oidc
from modelport_serving.rate_limit import RateLimit
from modelport_serving.settings import Protocol
from modelport_serving.telemetry import Telemetry

DeploymentName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""Lower-case letter first, then letters, digits, `-` and `_`; at most 40 characters."""

Environment = Literal["dev", "staging", "prod"]

VariableName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,62}$")]
"""Upper-case letter first, then upper-case letters, digits and `_`."""
SecretReference = Annotated[
    str, Field(min_length=8, max_length=2048, pattern=r"^[^\s]+[/:][^\s]+$")
]
"""Address of a secret, e.g. `arn:aws:secretsmanager:…`, `projects/p/secrets/s/versions/1` or
`https://vault.vault.azure.net/secrets/s`."""

_DOMAIN = r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"
_BUNDLE = r"^[a-z][a-z0-9_]{0,39}(@[0-9a-f]{4,16})?$"

MOST_BODY_BYTES = 64 * 2**20
"""Bytes of a body that the server inside every bundle takes at most."""


class Limits(Model):
    """What a deployment may use and cost."""

    monthly_usd: Annotated[float, Field(ge=0)] | None = None
    """Largest price in USD a month of 730 hours; no limit when left out."""


class Serving(Model):
    """How requests are taken."""

    max_body_bytes: Annotated[int, Field(ge=1024, le=MOST_BODY_BYTES)] = 2**20
    """Largest request body in bytes; larger ones are answered with 413."""
    max_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Largest number of rows in one request."""
    protocols: Annotated[tuple[Protocol, ...], Field(max_length=5)] = ()
    """Further protocols, each with routes of its own: `v2` is the Open Inference Protocol of KServe
    and Triton, `tensorflow` TensorFlow Serving's REST API, `azure_ml` Azure ML's `/score`, `grpc`
    is `v2` over gRPC on the same port, `graphql` queries at `/graphql`."""

    fallback: Fallback | None = None
    """What is answered when the model fails or is late, marked as such; left out, the failure."""

    capture: Capture | None = None
    """Which predictions are written to the service's log, so that what was true can be joined to
    them; left out, none."""

    rate_limit: RateLimit | None = None
    """How many requests one caller may send to one worker; left out, as many as it likes."""

    telemetry: Telemetry | None = None
    """Where a span of each request is sent by OpenTelemetry; left out, none are made."""

    @property
    def settings(self) -> dict[str, Any]:
        """What makes a revision; what is optional only where it is set."""
        return self.model_dump(exclude_defaults=True) | {
            "max_body_bytes": self.max_body_bytes,
            "max_rows": self.max_rows,
        }


class OidcAuth(Model):
    """Callers prove themselves by tokens of an OpenID Connect issuer."""

    oidc: Oidc
    """Which tokens let a caller in."""


class Deployment(Model):
    """One model, live on one target."""

    bundle: Annotated[str, Field(pattern=_BUNDLE)]
    """Bundle to serve: `name` for the newest that passes the gate, `name@digest` for exactly one.

    A digest may be cut to 4 or more of its 16 hex digits.
    """
    owner: Annotated[str, Field(min_length=1, max_length=63)]
    """Team or person who answers for this deployment."""
    target: AnyTarget
    """Where it runs."""
    gate: Gate = Gate()
    """What the model must score before it goes live."""
    rollout: Rollout = "all_at_once"
    """How a new version takes over: `all_at_once`, `{canary: …}` or `{shadow: …}`."""
    auth: Literal["api_key", "platform", "none"] | OidcAuth | None = None
    """How callers prove themselves: by a key that the service itself checks (`api_key`), by tokens
    of an OpenID Connect issuer that it checks (`{oidc: {issuer: …, audience: …}}`), by the
    platform's own identities (`platform`: AWS IAM, Google, Entra), or not at all (`none`, accepted
    only on a loopback address). Left out: `platform` where the platform has it, else `api_key`.
    """
    exposure: Literal["private", "public"] = "private"
    """Who can reach it: `private`, those whom the platform or its network lets in; `public`, every
    address of the internet, and then callers must prove themselves."""
    domain: Annotated[str, Field(pattern=_DOMAIN, max_length=253)] | None = None
    """Own domain name of the endpoint, e.g. `cancer.example.com`; left out, the platform's."""
    cost_center: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")] | None = None
    """Who pays, as a tag or label on everything: lower-case letters, digits, `-` and `_`."""
    secrets: dict[VariableName, SecretReference] = Field(default_factory=dict)
    """Secrets by environment variable, each a reference into the platform's own store; never a
    value."""
    limits: Limits = Limits()
    """What it may use and cost."""
    serving: Serving = Serving()
    """How requests are taken."""
    workload: Workload = Workload()
    """What is known of its requests and its model; a target that cannot hold them is refused."""
    slo: Slo = Slo()
    """How good it promises to be; rules and dashboards for Prometheus are made of it."""

    @property
    def oidc(self) -> Oidc | None:
        """Which tokens let a caller in, where tokens do."""
        return self.auth.oidc if isinstance(self.auth, OidcAuth) else None

    @property
    def auth_word(self) -> str | None:
        """How callers prove themselves in one word: `oidc` for tokens; none when left out."""
        return "oidc" if isinstance(self.auth, OidcAuth) else self.auth

    @property
    def kind(self) -> str:
        """Kind of the target, e.g. `aws.sagemaker`."""
        return str(self.target.kind)

    @property
    def bundle_name(self) -> str:
        """The bundle's name without digest."""
        return self.bundle.partition("@")[0]

    @property
    def bundle_version(self) -> str | None:
        """The wanted digest or the beginning of one; none for the newest that passes."""
        return self.bundle.partition("@")[2] or None


class StackSettings(Model):
    """What the stack of any Pulumi program may set under the namespace `modelport`."""

    limits: Limits = Limits()
    """What everything in the stack together may cost: deployments in their plans, and all else that
    the price book knows before `modelport up` or at the end of `modelport preview`."""
    environment: Environment = "dev"
    """Which rules hold: `prod` must name each bundle by digest."""


class StackConfig(StackSettings):
    """Everything that a stack with deployments may set under the namespace `modelport`."""

    deployments: dict[DeploymentName, Deployment] = Field(min_length=1)
    """The deployments of this stack by name."""
