"""Observability: what Prometheus and Grafana are told of a deployment; plain data, no Pulumi.

served.py     the metrics that every bundle has, and which requests are predictions
rules.py      recording rules, and alerts on the error budget of the objectives
dashboard.py  a dashboard for Grafana
scraping.py   what Prometheus reads, where no operator finds it
"""

from modelport.observability.dashboard import dashboard
from modelport.observability.rules import Watched, rule_groups
from modelport.observability.served import in_flight

__all__ = ["Watched", "dashboard", "in_flight", "rule_groups"]
