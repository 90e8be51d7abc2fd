"""Rules about evaluation: nothing goes live that was not measured."""

from collections.abc import Iterator

from modelport_policies.components import CATALOGUE, COMPONENTS
from modelport_policies.rule import STRICT_IN_PROD, Resource, Rule, Settings
from modelport_policies.values import MISSING, UNKNOWN, number, read, text

_ERRORS = frozenset({"mae", "rmse"})
"""Metrics where less is better."""


def _evaluation(resource: Resource, settings: Settings) -> Iterator[str]:
    del settings
    found = text(resource.properties, "evaluation")
    if found is MISSING:
        yield "it has no evaluation record"
    elif found is not UNKNOWN and found != "passed":
        yield f"its evaluation is '{found}', not 'passed'"


def _baseline(resource: Resource, settings: Settings) -> Iterator[str]:
    del settings
    metric = text(resource.properties, "metric")
    score, baseline = (number(resource.properties, key) for key in ("score", "baseline"))
    if UNKNOWN in (metric, score, baseline):
        return
    if not isinstance(score, int | float) or not isinstance(baseline, int | float):
        yield "it does not say how it scores beside its baseline"
    elif not (score < baseline if metric in _ERRORS else score > baseline):
        yield f"its {metric} of {score:g} is no better than the baseline's {baseline:g}"


def _pinned(resource: Resource, settings: Settings) -> Iterator[str]:
    del settings
    if read(resource.properties, "environment") != "prod":
        return
    pinned = read(resource.properties, "pinned")
    if pinned is not UNKNOWN and pinned is not True:
        yield "it takes the newest bundle, so another one may be live tomorrow"


def _data(resource: Resource, settings: Settings) -> Iterator[str]:
    del settings
    found = text(resource.properties, "data_sha256")
    if found is not UNKNOWN and not (isinstance(found, str) and len(found) == 64):
        yield "it does not say from which data its model was trained"


EVALUATION_PASSED = Rule(
    id="evaluation-passed",
    title="A model that is live has an evaluation record, and it passed its gate.",
    severity="high",
    types=COMPONENTS,
    rationale="a model that nobody measured fails where nobody looks",
    fix="deploy a bundle that 'modelport build' made; it carries its record",
    sources=(CATALOGUE,),
    check=_evaluation,
)

BETTER_THAN_BASELINE = Rule(
    id="better-than-baseline",
    title="A model that is live is better than one that ignores its input.",
    severity="medium",
    types=COMPONENTS,
    rationale="a model no better than guessing costs money and answers nothing",
    fix="gate: {beat: [baseline]} in the deployment, and train until it holds",
    sources=(CATALOGUE,),
    levels=STRICT_IN_PROD,
    check=_baseline,
)

BUNDLE_PINNED = Rule(
    id="bundle-pinned-in-prod",
    title="In prod every bundle is named by its digest.",
    severity="high",
    types=COMPONENTS,
    rationale="what is live in prod must not depend on what was built last on some machine",
    fix="bundle: name@digest in the deployment; 'modelport up' prints it for dev",
    sources=(CATALOGUE,),
    check=_pinned,
)

TRAINING_DATA_KNOWN = Rule(
    id="training-data-known",
    title="A model that is live says from which data it was trained.",
    severity="medium",
    types=COMPONENTS,
    rationale="without the data's hash nobody can repeat the training or find what it learnt from",
    fix="deploy a bundle that 'modelport build' made; it carries its lineage",
    sources=(CATALOGUE, "EU AI Act, article 10 (data governance of high-risk systems)"),
    levels=STRICT_IN_PROD,
    check=_data,
)

EVALUATION = (BETTER_THAN_BASELINE, BUNDLE_PINNED, EVALUATION_PASSED, TRAINING_DATA_KNOWN)
