"""Rules about evaluation: nothing goes live that was not measured."""

import re
from collections.abc import Iterator

from modelport_policies.components import CATALOGUE, COMPONENTS
from modelport_policies.rule import NOT_IN_DEV, STRICT_IN_PROD, Resource, Rule, Sample, Settings
from modelport_policies.values import MISSING, UNKNOWN, number, read, text

_LESS_IS_BETTER = {
    "accuracy": False,
    "f1": False,
    "mae": True,
    "precision": False,
    "r2": False,
    "recall": False,
    "rmse": True,
    "roc_auc": False,
}
"""The metrics that bundles are measured by."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


def _evaluation(resource: Resource, _: Settings) -> Iterator[str]:
    found = text(resource.properties, "evaluation")
    if found is MISSING:
        yield "has no evaluation record"
    elif found is not UNKNOWN and found != "passed":
        yield "has an evaluation record that does not say 'passed'"


def _baseline(resource: Resource, _: Settings) -> Iterator[str]:
    metric = text(resource.properties, "metric")
    score, baseline = (number(resource.properties, key) for key in ("score", "baseline"))
    if MISSING in (metric, score, baseline):
        yield "does not publish metric, score and baseline"
    if not isinstance(metric, str):
        return
    less = _LESS_IS_BETTER.get(metric)
    if less is None:
        yield f"names a metric that is none of {', '.join(_LESS_IS_BETTER)}"
    elif isinstance(score, float) and isinstance(baseline, float):
        better = score < baseline if less else score > baseline
        if not better:
            yield f"has {metric} {score:g}, no better than its baseline's {baseline:g}"


def _pinned(resource: Resource, _: Settings) -> Iterator[str]:
    pinned = read(resource.properties, "pinned")
    if pinned is MISSING:
        yield "does not say whether its bundle is named by digest"
    elif pinned is not UNKNOWN and pinned is not True:
        yield "takes the newest bundle, so another one may be live tomorrow"


def _data(resource: Resource, _: Settings) -> Iterator[str]:
    found = text(resource.properties, "data_sha256")
    if found is not UNKNOWN and not (isinstance(found, str) and _SHA256.fullmatch(found)):
        yield "does not say in data_sha256 from which data its model was trained"


EVALUATION_PASSED = Rule(
    id="evaluation-passed",
    title="A model that is live has an evaluation record, and it passed its gate.",
    severity="high",
    types=COMPONENTS,
    rationale="a model that nobody measured fails where nobody looks",
    fix="deploy a bundle that 'modelport build' made; it carries its record",
    sources=(CATALOGUE,),
    passes=Sample("modelport:index:LocalService", {"evaluation": "passed"}),
    fails=Sample("modelport:index:LocalService", {"evaluation": "failed"}),
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
    passes=Sample(
        "modelport:index:LocalService", {"metric": "f1", "score": 0.97, "baseline": 0.77}
    ),
    fails=Sample(
        "modelport:index:LocalService", {"metric": "rmse", "score": 81.2, "baseline": 77.0}
    ),
    check=_baseline,
)

BUNDLE_PINNED = Rule(
    id="bundle-pinned-in-prod",
    title="In prod every bundle is named by its digest.",
    severity="high",
    types=COMPONENTS,
    rationale="what is live in prod must not depend on what was built last on some machine",
    fix="bundle: <name>@<digest> in the deployment; 'modelport up' prints it for dev",
    sources=(CATALOGUE, "SLSA v1.0, 'Verifying artifacts' (what runs is what was checked)"),
    levels=NOT_IN_DEV,
    passes=Sample("modelport:index:LocalService", {"pinned": True}),
    fails=Sample("modelport:index:LocalService", {"pinned": False}),
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
    passes=Sample("modelport:index:LocalService", {"data_sha256": "5f" * 32}),
    fails=Sample("modelport:index:LocalService", {"data_sha256": "latest"}),
    check=_data,
)

EVALUATION = (BETTER_THAN_BASELINE, BUNDLE_PINNED, EVALUATION_PASSED, TRAINING_DATA_KNOWN)
