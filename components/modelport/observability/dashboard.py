"""Dashboard: one for Grafana, of the metrics that a bundle really has.

A metric that is not drawn by hand below has a panel of its own all the same.
"""

from collections.abc import Iterator
from typing import Any

from modelport.observability.rules import BURNS, ERRORS, SLOW, Watched, budget
from modelport.observability.served import (
    MODEL_INFO,
    REQUESTS,
    SECONDS,
    SECONDS_BUCKET,
    Family,
    families,
    in_flight,
    predictions,
)
from modelport.plan.names import bounded

_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_WINDOW = "$__rate_interval"
_WIDTH, _HEIGHT = 24, 8
_LONGEST_UID = 40
_DRAWN = frozenset({REQUESTS.removesuffix("_total"), SECONDS, MODEL_INFO})
"""Metrics with a panel below."""
_SCHEMA = 39
"""Version of the JSON model, that of Grafana 11; later ones migrate it."""

Panel = dict[str, Any]


def dashboard(watched: Watched) -> dict[str, Any]:
    """The dashboard of a deployment, as Grafana imports it."""
    rows = {
        "Objectives": _objectives(watched),
        "Predictions": _predictions(watched),
        "Everything else that the server counts": [
            _of_family(watched, family) for family in families() if family.name not in _DRAWN
        ],
    }
    return {
        "uid": bounded(watched.job, _LONGEST_UID),
        "title": f"{watched.deployment} ({watched.job})",
        "tags": ["modelport"],
        "schemaVersion": _SCHEMA,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]
        },
        "panels": list(_placed(rows)),
    }


def _objectives(watched: Watched) -> list[Panel]:
    slo = watched.slo
    shares = (
        ("Availability", ERRORS, slo.availability),
        (f"Answered within {slo.latency.within}", SLOW, slo.latency.percent),
    )
    found: list[Panel] = []
    for title, recorded, percent in shares:
        left = budget(percent)
        good = f"1 - {recorded}3d{{{watched.labels}}}"
        objective = {"mode": "absolute", "steps": _steps(("red", None), ("green", percent / 100))}
        found.append(
            _panel("stat", f"{title}, 3 days", {"": good}, "percentunit", width=4)
            | {"fieldConfig": _field("percentunit", decimals=3, thresholds=objective)}
        )
        burning = {
            burn.long: f"{recorded}{burn.long}{{{watched.labels}}} / {left:g}" for burn in BURNS
        }
        told = ", ".join(f"{burn.factor:g} over {burn.long}" for burn in BURNS)
        found.append(
            _panel("timeseries", f"{title}: budget burnt, times too fast", burning, "short", 8)
            | {"description": f"1 uses up all of it in 30 days. Somebody is told at {told}."}
        )
    return found


def _predictions(watched: Watched) -> list[Panel]:
    selected = predictions(watched.labels)
    buckets = f"sum by (le) (rate({SECONDS_BUCKET}{{{selected}}}[{_WINDOW}]))"
    quantiles = {
        f"p{percent}": f"histogram_quantile({percent / 100:g}, {buckets})"
        for percent in (50, 90, 99)
    }
    everything = f"rate({REQUESTS}{{{watched.labels}}}[{_WINDOW}])"
    answered = f"sum by (status) (rate({REQUESTS}{{{selected}}}[{_WINDOW}]))"
    versions = f"sum by (name, version, task) ({MODEL_INFO}{{{watched.labels}}})"
    return [
        _panel("timeseries", "Predictions by status", {"{{status}}": answered}, "reqps"),
        _panel("timeseries", "Time that they took", quantiles, "s"),
        _panel("timeseries", "In flight", {"": in_flight(watched.labels, _WINDOW)}, "short"),
        _panel(
            "timeseries",
            "Requests by route",
            {"{{route}}": f"sum by (route) ({everything})"},
            "reqps",
            12,
        ),
        _panel(
            "timeseries",
            "Instances by version",
            {"{{name}}@{{version}}": versions},
            "short",
            12,
        ),
    ]


def _of_family(watched: Watched, family: Family) -> Panel:
    title = family.text.removesuffix(".")
    name, selected = family.series[-1], watched.labels
    if family.kind == "gauge":
        return _panel("timeseries", title, {"{{instance}}": f"{name}{{{selected}}}"}, "short")
    # Labels of a counter are its own; those of the instance are summed up.
    rate = f"sum without (instance, pod, endpoint) (rate({name}{{{selected}}}[{_WINDOW}]))"
    return _panel("timeseries", f"{title}, a second", {"": rate}, "cps")


def _panel(
    kind: str, title: str, queries: dict[str, str], unit: str, width: int = _WIDTH // 3
) -> Panel:
    """A panel of expressions by their legend; Grafana writes the labels where there is none."""
    targets = [
        {
            "refId": chr(ord("A") + index),
            "datasource": _SOURCE,
            "expr": expression,
            "legendFormat": legend or "__auto",
        }
        for index, (legend, expression) in enumerate(queries.items())
    ]
    return {
        "type": kind,
        "title": title,
        "datasource": _SOURCE,
        "targets": targets,
        "fieldConfig": _field(unit),
        "gridPos": {"w": width, "h": _HEIGHT},
    }


def _field(unit: str, **more: Any) -> dict[str, Any]:
    return {"defaults": {"unit": unit, **more}, "overrides": []}


def _steps(*steps: tuple[str, float | None]) -> list[dict[str, Any]]:
    return [{"color": color, "value": value} for color, value in steps]


def _placed(rows: dict[str, list[Panel]]) -> Iterator[Panel]:
    """Panels from left to right and from top to bottom, each with a number."""
    number, top = 1, 0
    for title, panels in rows.items():
        place = {"x": 0, "y": top, "w": _WIDTH, "h": 1}
        yield {"type": "row", "title": title, "id": number, "collapsed": False, "gridPos": place}
        number, top, left = number + 1, top + 1, 0
        for panel in panels:
            if left + panel["gridPos"]["w"] > _WIDTH:
                left, top = 0, top + _HEIGHT
            yield panel | {"id": number, "gridPos": panel["gridPos"] | {"x": left, "y": top}}
            number, left = number + 1, left + panel["gridPos"]["w"]
        top += _HEIGHT
