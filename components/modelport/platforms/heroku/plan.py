"""The plan of kind `heroku`: dynos, refusals, price."""

from dataclasses import dataclass

from modelport.config import Deployment
from modelport.config.targets.heroku import HerokuTarget
from modelport.plan import CloudDecision, CloudPlan, PlanContext, plan_cloud, target_of
from modelport.prices import Case, Parts, Scale
from modelport.prices.machines import instances
from modelport_serving.record import BundleRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class HerokuPlan(CloudPlan):
    """An app on Heroku, decided."""

    dyno: str
    dynos: int
    team: str | None


def plan(name: str, config: Deployment, record: BundleRecord, context: PlanContext) -> HerokuPlan:
    """Decide everything about one app on Heroku.

    Raises:
        PlanError: with every reason at once.
    """
    target = target_of(config, HerokuTarget)
    decision = CloudDecision(
        size=target.dyno,
        scale=Scale(target.dynos, target.dynos),
        price=lambda case: _price(case, target.dyno),
        settings={"dyno": target.dyno, "auth": config.auth_word},
        refusals=tuple(_refusals(config, target)),
        notes=("a release restarts all dynos together, so requests wait or fail for seconds",),
        region="us",
    )
    return HerokuPlan(
        **plan_cloud(name, config, record, context, decision),
        dyno=target.dyno,
        dynos=target.dynos,
        team=target.team,
    )


def _price(case: Case, dyno: str) -> Parts:
    return instances(case, "dyno", dyno)


def _refusals(config: Deployment, target: HerokuTarget) -> list[str]:
    found: list[str] = []
    if config.exposure == "private":
        found.append(
            "exposure: private is not on heroku's common runtime: every app has an address of the "
            "internet; write exposure: public, which asks callers for their key"
        )
    if config.secrets:
        found.append("secrets: Heroku keeps values and no references; leave them out")
    if config.domain:
        found.append(
            f"domain {config.domain}: needs a record that this version does not make; leave it "
            "out, and add your own to the app"
        )
    if target.dyno == "basic" and target.dynos > 1:
        found.append(f"dynos {target.dynos}: an app has one basic dyno; write dyno: standard-1x")
    if config.workload.gpu_memory:
        found.append("workload.gpu_memory: dynos have no GPU")
    return found
