"""The plan of kind `aws.lambda`: sizes, how it is called, refusals, price."""

from dataclasses import dataclass
from typing import Literal

from modelport.config import Deployment
from modelport.config.targets.aws.lambda_ import LambdaTarget
from modelport.plan import (
    CloudDecision,
    CloudPlan,
    Fact,
    PlanContext,
    plan_cloud,
    target_of,
)
from modelport.plan.access import OWN, auth_of
from modelport.plan.watching import error_rate, slow_seconds
from modelport.platforms.aws.place import Naming, naming_of, naming_refusals, timeout_refusals
from modelport.platforms.aws.upkeep import upkeep_price
from modelport.prices import Case, Parts, Scale
from modelport.prices.around import egress
from modelport.prices.serverless import http_api, lambda_function
from modelport_serving.record import BundleRecord

Entry = Literal["invoke", "url", "http_api"]
"""How it is called: the API of Lambda alone, a function URL, or an HTTP API with a domain."""
ALIAS = "live"
"""The alias that callers call; its weights share requests between published versions."""

_LOG_BYTES = 600
"""Bytes of the three lines of the platform and the one of the server for each request."""
_HTTP_API_SECONDS = 30
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html."""
_UNRESERVED = 100
"""Concurrency that an account must leave to its other functions:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html."""
_REVISION = {"memory_mib", "timeout", "tmp_mib", "architecture", "network"}
"""Settings that are part of a published version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LambdaPlan(CloudPlan):
    """A function of Lambda, decided."""

    entry: Entry
    memory_mib: int
    timeout: int
    tmp_mib: int
    architecture: Literal["amd64", "arm64"]
    vpc: str | None
    subnets: tuple[str, ...]
    invokers: tuple[str, ...]
    issuer: str | None
    """Who issues the tokens of callers; none where they sign with IAM or send our key."""
    audiences: tuple[str, ...]
    naming: Naming
    requests_per_second: int
    """What an HTTP API takes over a longer time."""
    requests_at_once: int
    error_rate: float
    slow_seconds: float | None

    def facts(self) -> dict[str, Fact]:
        """What the preview's diff and the policies see; never a secret."""
        return {**CloudPlan.facts(self), "entry": self.entry, "timeout": self.timeout}


def plan(name: str, config: Deployment, record: BundleRecord, context: PlanContext) -> LambdaPlan:
    """Decide everything about one function.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, LambdaTarget)
    entry, slow = _entry(config), slow_seconds(config)
    network = target.network
    decision = CloudDecision(
        size=f"{target.memory_mib} MiB {target.architecture}",
        scale=Scale(target.replicas.min, target.replicas.max),
        price=lambda case: _price(case, target, entry, slow),
        settings=target.model_dump(mode="json", include=_REVISION) | {"auth": auth_of(config)},
        options=("http_api",) if entry == "http_api" else (),
        refusals=tuple(_refusals(config, target)),
        notes=tuple(_notes(config, target, entry)),
    )
    return LambdaPlan(
        **plan_cloud(name, config, record, context, decision),
        entry=entry,
        memory_mib=target.memory_mib,
        timeout=target.timeout,
        tmp_mib=target.tmp_mib,
        architecture=target.architecture,
        vpc=network.vpc if network else None,
        subnets=network.subnets if network else (),
        invokers=target.invokers,
        issuer=target.jwt.issuer if target.jwt else None,
        audiences=target.jwt.audiences if target.jwt else (),
        naming=naming_of(config, target),
        requests_per_second=target.throttle.rate,
        requests_at_once=target.throttle.burst,
        error_rate=error_rate(config.rollout),
        slow_seconds=slow,
    )


def _entry(config: Deployment) -> Entry:
    if config.exposure == "private":
        return "invoke"
    return "http_api" if config.domain else "url"


def _price(case: Case, target: LambdaTarget, entry: Entry, slow: float | None) -> Parts:
    parts = lambda_function(
        case,
        target.memory_mib,
        architecture="x86" if target.architecture == "amd64" else "arm64",
        storage_mb=target.tmp_mib,
    )
    if entry == "http_api":
        parts += http_api(case)
    if entry != "invoke":
        parts += egress(case)
    return parts + upkeep_price(case, log_bytes=_LOG_BYTES, slow_seconds=slow)


def _refusals(config: Deployment, target: LambdaTarget) -> list[str]:
    found = naming_refusals(config, target)
    private = config.exposure == "private"
    if config.domain and private:
        found.append(
            f"domain {config.domain}: is that of an HTTP API, which everyone reaches; write "
            "exposure: public, or leave domain out and call the function with IAM"
        )
    if auth_of(config) in OWN and private:
        found.append(
            f"auth: {auth_of(config)}: whoever calls a private function signs with IAM already; "
            "write auth: platform"
        )
    if config.secrets:
        found.append(
            "secrets: Lambda gives a function no secret by reference; leave them out, "
            "or target aws.ecs"
        )
    found += _caller_refusals(config, target)
    if "throttle" in target.model_fields_set and not config.domain:
        found.append(
            "throttle: needs a domain: only an HTTP API counts requests; leave it out, and set "
            "replicas.max, the most that are served at a time"
        )
    if config.domain and target.timeout > _HTTP_API_SECONDS:
        found.append(
            f"timeout {target.timeout}: an HTTP API waits {_HTTP_API_SECONDS} s; "
            f"write {_HTTP_API_SECONDS}, or leave domain out"
        )
    return found + timeout_refusals(config, target.timeout)


def _caller_refusals(config: Deployment, target: LambdaTarget) -> list[str]:
    found: list[str] = []
    if target.jwt and not config.domain:
        found.append(
            "jwt: needs a domain: only an HTTP API knows tokens; leave it out, or write it"
        )
    if target.jwt and auth_of(config) in OWN:
        found.append("jwt: the API knows its callers by tokens; write auth: platform")
    if target.invokers and config.domain:
        found.append(
            "invokers: an HTTP API lets in identities of its own account by their own policies; "
            "leave them out"
        )
    elif target.invokers and auth_of(config) in OWN:
        found.append(
            "invokers: whoever has the key or a token is let in; leave them out, or write "
            "auth: platform"
        )
    return found


def _notes(config: Deployment, target: LambdaTarget, entry: Entry) -> list[str]:
    reserved = (
        f"reserves {target.replicas.max} of the concurrency of the account, "
        f"of which {_UNRESERVED} must stay unreserved"
    )
    found = [reserved]
    if entry != "url":
        found.append("alarms count requests that the function itself fails, not its HTTP errors")
    if config.domain and target.hosted_zone is None:
        found.append(f"{config.domain} must be pointed at the API by hand")
    return found
