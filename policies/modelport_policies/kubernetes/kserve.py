"""Rules about KServe's inference services: what their mode ignores, and what they keep running."""

from collections.abc import Iterator

from modelport_policies.rule import (
    DEV_ONLY,
    Parameter,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import MISSING, UNKNOWN, number, read, text

_SERVICE = "kubernetes:serving.kserve.io/v1beta1:InferenceService"
_MODE = "serving.kserve.io/deploymentMode"
_RAW = ("RawDeployment", "Standard")
"""The mode without Knative, by its old and its new name:
https://kserve.github.io/website/docs/admin-guide/overview."""


def _mode(resource: Resource) -> object:
    return text(resource.properties, "metadata", "annotations", _MODE)


def _ignored(resource: Resource, _: Settings) -> Iterator[str]:
    share = read(resource.properties, "spec", "predictor", "canaryTrafficPercent")
    if _mode(resource) in _RAW and share not in (MISSING, UNKNOWN):
        yield "sets canaryTrafficPercent, which this mode ignores: all callers get the new version"


def _awake(resource: Resource, settings: Settings) -> Iterator[str]:
    if _mode(resource) in (*_RAW, UNKNOWN):
        return  # without Knative nothing wakes what sleeps
    least = number(resource.properties, "spec", "predictor", "minReplicas")
    if least is MISSING:
        yield "sets no spec.predictor.minReplicas, which is 1 then, day and night"
    elif isinstance(least, float) and least > float(settings["most"]):
        yield f"has spec.predictor.minReplicas {least:.15g}, kept day and night"


def _service(mode: str | None = None, **predictor: object) -> dict[str, object]:
    annotations = {_MODE: mode} if mode else {}
    return {"metadata": {"annotations": annotations}, "spec": {"predictor": predictor}}


CANARY_HELD = Rule(
    id="kserve-canary-needs-knative",
    title="A share of the traffic is asked of a mode of KServe that gives one.",
    severity="high",
    types=(_SERVICE,),
    rationale="the share is silently ignored, and a trial for one caller in ten is one for all",
    fix=f"the annotation {_MODE}: Serverless, or two services behind a weighted HTTPRoute",
    sources=("https://github.com/kserve/kserve/issues/5335",),
    reads=(Reads("spec.predictor.canaryTrafficPercent", "passes"),),
    passes=Sample(_SERVICE, _service("Serverless", canaryTrafficPercent=10)),
    fails=Sample(_SERVICE, _service("RawDeployment", canaryTrafficPercent=10)),
    also_passes=(Sample(_SERVICE, _service("RawDeployment", minReplicas=1)),),
    also_fails=(Sample(_SERVICE, _service("Standard", canaryTrafficPercent=10)),),
    check=_ignored,
)

ASLEEP_IN_DEV = Rule(
    id="cost-kserve-min-zero",
    title="In dev an inference service sleeps while nobody asks.",
    severity="medium",
    types=(_SERVICE,),
    rationale="a copy that waits keeps its node, and its GPU",
    fix="spec.predictor.minReplicas: 0",
    sources=("KServe, 'Autoscaling', minReplicas",),
    levels=DEV_ONLY,
    parameters={"most": Parameter(0, "largest number of copies that are always there")},
    reads=(Reads("spec.predictor.minReplicas", "fails"),),
    passes=Sample(_SERVICE, _service(minReplicas=0)),
    fails=Sample(_SERVICE, _service(minReplicas=1)),
    also_passes=(Sample(_SERVICE, _service("Standard", minReplicas=1)),),
    check=_awake,
)

RELIABILITY = (CANARY_HELD,)
COST = (ASLEEP_IN_DEV,)
