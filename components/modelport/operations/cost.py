"""Cost: one workload on many kinds of target, priced by the same plans as a preview's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from modelport import platforms
from modelport.bundles import resolve
from modelport.config import TARGETS, CloudTarget, Deployment, Limits, Target, Workload, parse
from modelport.config.problems import find_problems, named_values, nearest_word
from modelport.errors import ConfigError, PlanError
from modelport.home import Home
from modelport.operations.bundles import built_bundle
from modelport.operations.session import check_config
from modelport.plan import DeploymentPlan, PlanContext
from modelport.plan.cloud import CloudPlan
from modelport_serving.record import BundleRecord

REGIONS = {"aws": "us-east-1", "gcp": "us-central1", "azure": "eastus"}
"""Regions that are compared where nothing else is said: those of most prices in the book."""
_NEEDED: dict[str, Any] = {"project": "compared", "image": "registry.example.com/it", "port": 3000}
"""What some kinds need to be planned, and no price depends on."""
_OWN = ("local", "docker", "kubernetes")
"""Kinds whose machines are there already: what they cost is not known here."""
_OPTIONS = {
    "rate": "--rate",
    "requests_per_month": "--requests",
    "p99": "--duration",
    "payload": "--payload",
    "answer": "--answer",
    "model_size": "--model-size",
    "gpu_memory": "--gpu-memory",
}
"""Options of the command by the key of `workload` that they stand for."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the workload costs on one kind of target, in USD: list prices, 730 hours a month."""

    target: str
    """Kind, with the settings that were given."""
    size: str
    """What one instance is."""
    replicas: str
    """How many there are, e.g. `1 to 2`."""
    region: str
    """Region that it was planned for; empty where there is none."""
    monthly_usd: float
    """A month at the workload."""
    idle_usd: float
    """That of a month without a request."""
    worst_case_usd: float
    """That of a month at maximum scale."""
    low_usd: float | None
    """Least at the configured rate; none without a rate."""
    high_usd: float | None
    """Most at the configured rate; none without a rate."""
    per_1000_usd: float
    """What 1,000 predictions add."""
    prices_as_of: str
    """Date of the oldest price."""
    unpriced: str
    """What costs something and is in no sum; empty when there is nothing."""
    price_notes: str
    """What stands for prices that are not exactly those that were looked for."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A kind of target that has no price for the workload, and why."""

    target: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One workload on many kinds of target."""

    bundle: str
    """Model and version: `name@version`."""
    workload: dict[str, str]
    """What is known of the workload, as it was written."""
    offers: list[Offer]
    """Kinds that can serve it, the cheapest first."""
    refused: list[Refused]
    """Kinds that cannot."""
    uncounted: list[str]
    """Kinds that run on machines of one's own, which have no price here."""

    @property
    def counts_requests(self) -> bool:
        """Whether requests are in the sums."""
        return bool(self.workload.keys() & {"rate", "requests_per_month"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be compared."""

    deployment: str | None = None
    """Deployment of the stack; the only one when left out."""
    bundle: str | None = None
    """Bundle to compare instead of a deployment, also `name@version`."""
    workload: Mapping[str, Any] | None = None
    """Facts of the workload in place of the deployment's, by key of `workload`."""
    regions: Iterable[str] = ()
    """Regions in place of the deployment's or of `REGIONS`, each `CLOUD=REGION`."""


def compare(home: Home, stack: str, kinds: Iterable[str], asked: Asked) -> Comparison:
    """Plan one workload for each kind of target with the kind's defaults, and compare the prices.

    Args:
        home: The project's home.
        stack: Stack name.
        kinds: Kinds of target, each with settings when wanted: `aws.ec2,instance=m5.large`; all
            kinds when there are none.
        asked: What is to be compared.

    Raises:
        ConfigError: a kind, a setting or an option is not valid; every mistake at once.
        BundleError: the bundle is not built.
    """
    base, record = _base(home, stack, asked)
    regions = _regions(base.target, asked.regions)
    targets = _targets(list(kinds) or list(TARGETS), base.target, regions)
    context = PlanContext(stack=stack, environment="dev")
    offers: list[Offer] = []
    refused: list[Refused] = []
    uncounted: list[str] = []
    for said, target in targets:
        config = base.model_copy(update={"target": target})
        try:
            plan = platforms.plan("compared", config, record, context)
        except PlanError as error:
            reasons = (line.removeprefix("compared: ") for line in str(error).splitlines())
            refused.append(Refused(said, tuple(reasons)))
            continue
        if plan.kind in _OWN:
            uncounted.append(said)
        else:
            offers.append(_offer(said, plan))
    return Comparison(
        bundle=f"{record.name}@{record.version}",
        workload={
            name: f"{value:,.10g}" if isinstance(value, int | float) else str(value)
            for name, value in base.workload.model_dump(mode="json", exclude_none=True).items()
        },
        offers=sorted(offers, key=lambda offer: (offer.monthly_usd, offer.target)),
        refused=refused,
        uncounted=uncounted,
    )


def _base(home: Home, stack: str, asked: Asked) -> tuple[Deployment, BundleRecord]:
    """What is the same on every kind; rollout, names and secrets are each platform's own."""
    if asked.bundle is not None:
        record = built_bundle(home, asked.bundle)
        values = {
            "bundle": f"{record.name}@{record.version}",
            "owner": "compared",
            "target": {"kind": "local", "port": 3000},
        }
        config = parse({"deployments": {"compared": values}}).deployments["compared"]
    else:
        config = _deployment(home, stack, asked.deployment)
        record = resolve(home, config.bundle_name, config.bundle_version, config.gate)
    known = config.workload.model_dump(exclude_none=True)
    return (
        config.model_copy(
            update={
                "workload": _workload({**known, **(asked.workload or {})}),
                "rollout": "all_at_once",
                "limits": Limits(),
                "secrets": {},
                "domain": None,
                "auth": None if config.auth == "none" else config.auth,
            }
        ),
        record,
    )


def _deployment(home: Home, stack: str, name: str | None) -> Deployment:
    known = check_config(home, stack).deployments
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if not known:
        raise ConfigError([f"stack {stack} has no deployment; give --bundle"])
    if name not in known:
        asked = "which deployment?" if name is None else f"'{name}' is no deployment of {stack};"
        raise ConfigError([f"{asked} --deployment takes one of: {', '.join(known)}; or --bundle"])
    return known[name]


def _workload(values: Mapping[str, Any]) -> Workload:
    try:
        return Workload.model_validate(values)
    except ValidationError as error:
        problems = find_problems(error, Workload)
    raise ConfigError(
        [
            f"{_OPTIONS.get(str(problem.path[0]), 'workload')}: {problem.message}"
            if problem.path
            else problem.message
            for problem in problems
        ]
    )


def _regions(own: Target, asked: Iterable[str]) -> dict[str, str]:
    said = named_values("--region", asked, REGIONS, "CLOUD=REGION, with one of the clouds")
    there = {own.kind.partition(".")[0]: own.region} if isinstance(own, CloudTarget) else {}
    return {**REGIONS, **there, **dict(said)}


def _targets(kinds: list[str], own: Target, regions: Mapping[str, str]) -> list[tuple[str, Target]]:
    found: list[tuple[str, Target]] = []
    problems: list[str] = []
    for said in kinds:
        kind, *settings = said.split(",")
        if kind not in TARGETS:
            near = nearest_word(kind, TARGETS)
            fix = f"; did you mean '{near}'?" if near else f"; there are: {', '.join(TARGETS)}"
            problems.append(f"{kind}: no such kind of target{fix}")
            continue
        model = TARGETS[kind]
        values: dict[str, Any] = {
            name: _NEEDED[name] for name in model.model_fields if name in _NEEDED
        } | {"kind": kind}
        if "region" in model.model_fields and kind.partition(".")[0] in regions:
            values["region"] = regions[kind.partition(".")[0]]
        if kind == own.kind and not settings:
            values = own.model_dump(exclude_unset=True) | {"kind": kind}
        try:
            values |= dict(_setting(item) for item in settings)
            found.append((said, model.model_validate(values)))
        except ValidationError as error:
            problems += [
                f"{kind}: {'.'.join(str(key) for key in problem.path)}: {problem.message}"
                for problem in find_problems(error, model)
            ]
        except ConfigError as error:
            problems += [f"{kind}: {problem}" for problem in error.problems]
    if problems:
        raise ConfigError(problems)
    return found


def _setting(text: str) -> tuple[str, Any]:
    name, between, value = text.partition("=")
    try:
        read = yaml.safe_load(value)
    except yaml.YAMLError:
        read = None
    if not between or read is None:
        raise ConfigError([f"'{text}' should be NAME=VALUE, e.g. instance=m5.large"])
    return name, read


def _offer(said: str, plan: DeploymentPlan) -> Offer:
    facts = plan.facts()

    def usd(name: str) -> float | None:
        value = facts.get(name)
        return None if isinstance(value, str) or value is None else float(value)

    return Offer(
        target=said,
        size=plan.size if isinstance(plan, CloudPlan) else "",
        replicas=str(facts.get("replicas", "")),
        region=str(facts.get("region", "")),
        monthly_usd=plan.monthly_usd,
        idle_usd=usd("idle_usd") or 0,
        worst_case_usd=usd("worst_case_usd") or 0,
        low_usd=usd("low_usd"),
        high_usd=usd("high_usd"),
        per_1000_usd=usd("per_1000_usd") or 0,
        prices_as_of=str(facts.get("prices_as_of", "")),
        unpriced=str(facts.get("unpriced", "")),
        price_notes=str(facts.get("price_notes", "")),
    )
