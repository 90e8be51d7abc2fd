"""Scraping: what Prometheus and prometheus-adapter are told where no operator tells them."""

from typing import Any

from modelport.observability.served import SECONDS, predictions

CUSTOM_METRIC = "modelport_predictions_in_flight"
"""Name of a pod's predictions in flight among the cluster's custom metrics."""
_INTERVAL = "15s"
_LABELS = "__meta_kubernetes_pod_label_"


def scrape_address(job: str, address: str, key_file: str | None) -> dict[str, Any]:
    """A configuration that scrapes one server.

    Args:
        job: Label `job` of the metrics.
        address: Host and port.
        key_file: File with the key that callers send, for Prometheus to read; none without a key.
    """
    return _configuration(job, key_file, {"static_configs": [{"targets": [address]}]})


def scrape_pods(
    job: str, namespace: str, labels: tuple[str, str], port: str, key_file: str | None
) -> dict[str, Any]:
    """A configuration that finds the pods of a deployment and scrapes each.

    Args:
        job: Label `job` of the metrics.
        namespace: Namespace of the pods.
        labels: Label that says whose pods they are, and the label with their revision.
        port: Name of the port that they serve on.
        key_file: File with the key that callers send; none without a key.
    """
    instance, revision = (_LABELS + _plain(label) for label in labels)
    found = {"role": "pod", "namespaces": {"names": [namespace]}}
    relabelled = [
        {"source_labels": [instance], "regex": job, "action": "keep"},
        {
            "source_labels": ["__meta_kubernetes_pod_container_port_name"],
            "regex": port,
            "action": "keep",
        },
        {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
        {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
        {"source_labels": [revision], "target_label": _plain(labels[1])},
    ]
    more = {"kubernetes_sd_configs": [found], "relabel_configs": relabelled}
    return _configuration(job, key_file, more)


def adapter_rules(window: str = "1m") -> dict[str, Any]:
    """Rules of prometheus-adapter that offer a pod's predictions in flight.

    What is between `<<` and `>>` the adapter fills in.

    Args:
        window: Of at least four scrapes.
    """
    selected = predictions("<<.LabelMatchers>>")
    return {
        "rules": [
            {
                "seriesQuery": f'{SECONDS}_sum{{namespace!="",pod!=""}}',
                "resources": {
                    "overrides": {
                        "namespace": {"resource": "namespace"},
                        "pod": {"resource": "pod"},
                    }
                },
                "name": {"as": CUSTOM_METRIC},
                "metricsQuery": (
                    f"sum(rate(<<.Series>>{{{selected}}}[{window}])) by (<<.GroupBy>>)"
                ),
            }
        ]
    }


def _configuration(job: str, key_file: str | None, more: dict[str, Any]) -> dict[str, Any]:
    known = {"type": "Bearer", "credentials_file": key_file}
    one = {
        "job_name": job,
        "scrape_interval": _INTERVAL,
        **({"authorization": known} if key_file else {}),
        **more,
    }
    return {"scrape_configs": [one]}


def _plain(label: str) -> str:
    """A label of Kubernetes as Prometheus writes it."""
    return "".join(sign if sign.isalnum() else "_" for sign in label)
