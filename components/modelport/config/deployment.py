"""Deployments: what a user writes under `modelport:deployments`."""

from typing import Annotated, Literal

from pydantic import Field

from modelport.config.base import Model
from modelport.config.gate import Gate
from modelport.config.rollout import Rollout
from modelport.config.target import Target
from modelport.config.workload import Workload

DeploymentName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""Lower-case letter first, then letters, digits, `-` and `_`; at most 40 characters."""

Environment = Literal["dev", "staging", "prod"]

_BUNDLE = r"^[a-z][a-z0-9_]{0,39}(@[0-9a-f]{4,16})?$"


class Limits(Model):
    """What a deployment may use and cost."""

    monthly_usd: Annotated[float, Field(ge=0)] | None = None
    """Largest price in USD a month of 730 hours; no limit when left out."""


class Serving(Model):
    """How requests are taken."""

    max_body_bytes: Annotated[int, Field(ge=1024, le=64 * 2**20)] = 2**20
    """Largest request body in bytes; larger ones are answered with 413."""
    max_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Largest number of rows in one request."""


class Deployment(Model):
    """One model, live on one target."""

    bundle: Annotated[str, Field(pattern=_BUNDLE)]
    """Bundle to serve: `name` for the newest that passes the gate, `name@digest` for exactly one.

    A digest may be cut to 4 or more of its 16 hex digits.
    """
    owner: Annotated[str, Field(min_length=1, max_length=63)]
    """Team or person who answers for this deployment."""
    target: Target
    """Where it runs."""
    gate: Gate = Gate()
    """What the model must score before it goes live."""
    rollout: Rollout = "all_at_once"
    """How a new version takes over: `all_at_once`, `{canary: …}` or `{shadow: …}`."""
    auth: Literal["api_key", "none"] = "api_key"
    """How callers prove themselves; `none` is accepted only on a loopback address."""
    limits: Limits = Limits()
    """What it may use and cost."""
    serving: Serving = Serving()
    """How requests are taken."""
    workload: Workload = Workload()
    """What is known of its requests and its model; a target that cannot hold them is refused."""

    @property
    def bundle_name(self) -> str:
        """The bundle's name without digest."""
        return self.bundle.partition("@")[0]

    @property
    def bundle_version(self) -> str | None:
        """The wanted digest or the beginning of one; none for the newest that passes."""
        return self.bundle.partition("@")[2] or None


class StackConfig(Model):
    """Everything that a stack may set under the namespace `modelport`."""

    deployments: dict[DeploymentName, Deployment] = Field(min_length=1)
    """The deployments of this stack by name."""
    limits: Limits = Limits()
    """What all deployments of the stack together may cost."""
    environment: Environment = "dev"
    """Which rules hold: `prod` must name each bundle by digest."""
