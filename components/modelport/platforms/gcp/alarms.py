"""Alarms: alert policies on failed and slow requests, and a dashboard."""

import json
from dataclasses import dataclass

import pulumi_gcp as gcp

from modelport.platforms.gcp.plan import GooglePlan
from modelport.platforms.gcp.project import Project

_MINUTES = "180s"
_PERIOD = "60s"


@dataclass(frozen=True, slots=True)
class Metrics:
    """What a platform measures of an endpoint, as filters of Cloud Monitoring."""

    requests: str
    """Filter of the metric that counts requests."""
    errors: str
    """Filter of the failed ones among them."""
    latency: str
    """Filter of the distribution of the time that a request takes."""
    latency_per_second: float
    """Units of that metric in one second: 1,000 for milliseconds."""


def watch(plan: GooglePlan, where: Project, metrics: Metrics) -> None:
    """Alert policies and a dashboard, on what the plan says is too much."""
    _alarms(plan, where, metrics, accepted=plan.error_rate, seconds=plan.slow_seconds)
    _dashboard(plan, where, metrics)


def _alarms(
    plan: GooglePlan, where: Project, metrics: Metrics, *, accepted: float, seconds: float | None
) -> None:
    """Policies for more failures than a share of the requests, and for a p99 above `seconds`."""
    threshold = gcp.monitoring.AlertPolicyConditionConditionThresholdArgs
    aggregation = gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs
    summed = {
        "alignment_period": _PERIOD,
        "per_series_aligner": "ALIGN_RATE",
        "cross_series_reducer": "REDUCE_SUM",
    }
    failing = threshold(
        filter=metrics.errors,
        denominator_filter=metrics.requests,
        aggregations=[aggregation(**summed)],
        denominator_aggregations=[
            gcp.monitoring.AlertPolicyConditionConditionThresholdDenominatorAggregationArgs(
                **summed
            )
        ],
        comparison="COMPARISON_GT",
        threshold_value=accepted,
        duration=_MINUTES,
    )
    _policy(plan, where, "errors", f"more than {accepted:.2%} of requests fail", failing)
    if seconds is not None:
        slow = threshold(
            filter=metrics.latency,
            aggregations=[
                aggregation(
                    alignment_period=_PERIOD,
                    per_series_aligner="ALIGN_DELTA",
                    cross_series_reducer="REDUCE_PERCENTILE_99",
                )
            ],
            comparison="COMPARISON_GT",
            threshold_value=seconds * metrics.latency_per_second,
            duration=_MINUTES,
        )
        _policy(plan, where, "latency", f"p99 is over {seconds:g} s", slow)


def _dashboard(plan: GooglePlan, where: Project, metrics: Metrics) -> None:
    """Requests, failures and latency on one page."""
    lines = (
        ("requests", metrics.requests, "ALIGN_RATE", "REDUCE_SUM"),
        ("failures", metrics.errors, "ALIGN_RATE", "REDUCE_SUM"),
        ("latency, p99", metrics.latency, "ALIGN_DELTA", "REDUCE_PERCENTILE_99"),
    )
    widgets = [
        {
            "title": title,
            "xyChart": {
                "dataSets": [
                    {
                        "timeSeriesQuery": {
                            "timeSeriesFilter": {
                                "filter": matching,
                                "aggregation": {
                                    "alignmentPeriod": _PERIOD,
                                    "perSeriesAligner": aligner,
                                    "crossSeriesReducer": reducer,
                                },
                            }
                        }
                    }
                ]
            },
        }
        for title, matching, aligner, reducer in lines
    ]
    body = {"displayName": plan.physical_name, "gridLayout": {"columns": "3", "widgets": widgets}}
    gcp.monitoring.Dashboard(
        f"{plan.name}-dashboard",
        project=plan.project,
        dashboard_json=json.dumps(body),
        opts=where.opts,
    )


def _policy(
    plan: GooglePlan,
    where: Project,
    name: str,
    text: str,
    condition: gcp.monitoring.AlertPolicyConditionConditionThresholdArgs,
) -> None:
    gcp.monitoring.AlertPolicy(
        f"{plan.name}-{name}",
        project=plan.project,
        display_name=f"{plan.physical_name}-{name}",
        combiner="OR",
        conditions=[
            gcp.monitoring.AlertPolicyConditionArgs(
                display_name=f"{plan.physical_name}: {text}", condition_threshold=condition
            )
        ],
        user_labels=plan.tags,
        opts=where.opts,
    )
