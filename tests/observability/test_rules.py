"""Rules and dashboards: made of what the server really counts, and of the objectives."""

import json
import re

import pytest

from modelport.config import parse
from modelport.errors import ConfigError
from modelport.observability import dashboard, in_flight
from modelport.observability.rules import BURNS, WINDOWS, budget
from modelport.observability.scraping import adapter_rules
from modelport.observability.served import NOT_PREDICTIONS, families, predictions
from modelport_serving.metrics import BUCKETS
from observability.expressions import alerts, drawn, rules, watched

_OURS = re.compile(r"(?<![:\w])modelport_\w+")
"""A metric of the server; recorded ones have a colon before it."""
_RECORDED = re.compile(r"job:modelport_\w+:\w+")


def test_nothing_is_asked_for_that_the_server_does_not_count() -> None:
    counted = {series for family in families() for series in family.series}
    asked = [rule["expr"] for rule in rules()] + [expression for _, expression in drawn()]
    asked += [in_flight('job="x"')]
    asked += [rule["seriesQuery"] for rule in adapter_rules()["rules"]]
    for expression in asked:
        names = set(_OURS.findall(expression))
        assert names or _RECORDED.search(expression) or "up{" in expression, expression
        assert names <= counted, (expression, names - counted)


def test_everything_that_the_server_counts_is_drawn() -> None:
    shown = {name for _, expression in drawn() for name in _OURS.findall(expression)}
    for family in families():
        assert shown & set(family.series), family


def test_what_is_asked_of_recorded_series_is_recorded() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    asked = [rule["expr"] for rule in alerts()] + [expression for _, expression in drawn()]
    found = {name for expression in asked for name in _RECORDED.findall(expression)}
    assert found <= recorded
    assert len(recorded) == 2 * len(WINDOWS)


def test_each_objective_has_every_burn_and_a_long_window_twelve_times_the_short_one() -> None:
    minutes = {"m": 1, "h": 60, "d": 24 * 60}
    for burn in BURNS:
        long, short = (int(word[:-1]) * minutes[word[-1]] for word in (burn.long, burn.short))
        assert long == 12 * short
        assert {burn.long, burn.short} <= set(WINDOWS)
    for name in ("ModelportAvailabilityBurn", "ModelportLatencyBurn"):
        of_it = [item for item in alerts() if item["alert"] == name]
        assert [item["labels"]["severity"] for item in of_it] == [
            "page",
            "page",
            "ticket",
            "ticket",
        ]
        assert {item["labels"]["owner"] for item in of_it} == {"lab"}


def test_budgets_are_exact_and_every_alert_can_fire() -> None:
    assert budget(99.9) == 0.001
    assert budget(99.999) == 0.00001
    assert max(burn.factor for burn in BURNS) * budget(95) < 1


def test_a_deployment_that_may_sleep_is_not_missed() -> None:
    assert "ModelportGone" in {item["alert"] for item in alerts()}
    assert "ModelportGone" not in {item["alert"] for item in alerts(watched(sleeps=True))}


def test_a_dashboard_is_plain_json_whose_panels_do_not_overlap() -> None:
    made = dashboard(watched())
    assert json.loads(json.dumps(made)) == made
    assert len(made["uid"]) <= 40
    assert len(dashboard(watched(job="mp-" + "long-" * 12))["uid"]) <= 40
    taken: set[tuple[int, int]] = set()
    for panel in made["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in made["panels"]}) == len(made["panels"])


def test_probes_and_scrapes_are_no_predictions() -> None:
    pattern = re.search(r'route!~"(.*)"', predictions('job="x"'))
    assert pattern
    matches = re.compile(pattern[1].replace(r"\\", "\\"))
    for route in NOT_PREDICTIONS:
        assert matches.fullmatch(route), route
    for route in ("/predict", "/v2/models/m/infer", "/invocations", "mount", "/openapixjson"):
        assert not matches.fullmatch(route), route


@pytest.mark.parametrize("bound", BUCKETS)
def test_every_bound_of_the_server_can_be_an_objective(bound: float) -> None:
    written = f"{bound * 1000:g}ms"
    target = {"kind": "local", "port": 3000}
    deployment = {"bundle": "b", "owner": "o", "target": target}
    slo = {"latency": {"within": written}}
    made = parse({"deployments": {"cancer": {**deployment, "slo": slo}}})
    assert made.deployments["cancer"].slo.latency.seconds == bound


@pytest.mark.parametrize(
    ("slo", "said"),
    [
        ({"latency": {"within": "200ms"}}, "write 250ms"),
        ({"latency": {"within": "fast"}}, "should be a duration"),
        ({"latency": {"percent": 90}}, "95"),
        ({"availability": 100}, "99.999"),
    ],
)
def test_an_objective_that_could_not_be_watched_is_refused(slo: object, said: str) -> None:
    deployment = {"bundle": "b", "owner": "o", "target": {"port": 3000}, "slo": slo}
    with pytest.raises(ConfigError) as refused:
        parse({"deployments": {"cancer": deployment}})
    assert said in str(refused.value)
    assert "deployments.cancer.slo" in str(refused.value)
