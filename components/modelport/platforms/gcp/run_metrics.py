"""Metrics of Cloud Run, which also runs functions of the second generation."""

from modelport.platforms.gcp.alarms import Metrics


def run_metrics(service: str) -> Metrics:
    """What Cloud Run measures of a service.

    https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run
    """
    count = f'metric.type="run.googleapis.com/request_count" AND {run_service(service)}'
    return Metrics(
        requests=count,
        errors=f'{count} AND metric.labels.response_code_class="5xx"',
        latency=f'metric.type="run.googleapis.com/request_latencies" AND {run_service(service)}',
        latency_per_second=1000,
    )


def run_service(service: str) -> str:
    """A service, as a filter of logs and metrics."""
    return f'resource.type="cloud_run_revision" AND resource.labels.service_name="{service}"'
