"""Kind kubernetes: what a cluster's operators do, wishes that contradict each other."""

import json
from typing import Any

import pytest

from modelport.platforms.kubernetes.manifests import manifests
from platforms.planning import planned, refusals

TARGET = {"kind": "kubernetes", "image": "registry.example.com/models/cancer"}
MONITORING = {"namespace": "monitoring", "labels": {"release": "stack"}}
KEDA = {"prometheus": "http://prometheus.monitoring.svc:9090"}
WAKE = 'sum(rate(gateway_requests_total{host="c.example.com"}[1m]))'
HTTPS = {"callers": ["ingress"], "ingress": {"host": "c.example.com"}}
OIDC = {"oidc": {"issuer": "https://login.example.com", "audience": "cancer"}}
KEY_SECRET = {"store": "vault", "key": "models/cancer", "property": "key"}
ALL = {
    **TARGET,
    "replicas": {"min": 0, "max": 3},
    "route": HTTPS,
    "monitoring": MONITORING,
    "autoscaling": {"in_flight": 2.5, "keda": {**KEDA, "wake": WAKE}},
    "certificate": {"issuer": "letsencrypt"},
    "key_secret": KEY_SECRET,
}


def made(target: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
    """Objects of a deployment, by the end of their resource's name without the revision."""
    plan = planned(target, **more)
    found = manifests(plan, "image", {}, "hash", "the key")
    return {name.removeprefix(f"{plan.revision}-"): item for name, item in found.items()}


def test_kubernetes_alone_is_enough_unless_more_is_wished() -> None:
    kinds = {item["apiVersion"].partition("/")[0] for item in made(TARGET).values()}
    assert kinds == {"v1", "apps", "policy", "networking.k8s.io", "autoscaling"}
    assert "operators" not in planned(TARGET).facts()
    needed = planned(ALL).facts()["operators"]
    assert needed == "Prometheus Operator, KEDA, cert-manager, External Secrets Operator"
    assert f"the cluster must have {needed}" in str(planned(ALL).facts()["notes"])


def test_prometheus_scrapes_every_pod_with_the_callers_key() -> None:
    found = made({**TARGET, "monitoring": {**MONITORING, "interval_seconds": 30}})
    assert found["metrics-key"]["stringData"] == {"key": "the key"}
    (endpoint,) = found["monitor"]["spec"]["podMetricsEndpoints"]
    credentials = {"name": "mp-cancer-dev-metrics-key", "key": "key"}
    assert endpoint == {
        "port": "http",
        "path": "/metrics",
        "interval": "30s",
        "authorization": {"type": "Bearer", "credentials": credentials},
    }
    assert found["monitor"]["spec"]["jobLabel"] == "app.kubernetes.io/instance"
    for name in ("monitor", "rules"):
        assert found[name]["metadata"]["labels"]["release"] == "stack"
    assert 'job="mp-cancer-dev"' in found["rules"]["spec"]["groups"][0]["rules"][0]["expr"]
    assert found["dashboard"]["metadata"]["labels"]["grafana_dashboard"] == "1"
    (text,) = found["dashboard"]["data"].values()
    assert json.loads(text)["uid"] == "mp-cancer-dev"
    policy = found["callers"]["spec"]["ingress"][0]["from"]
    assert policy[-1]["namespaceSelector"]["matchLabels"] == {
        "kubernetes.io/metadata.name": "monitoring"
    }


def test_a_dashboard_may_be_left_out_and_nobody_is_let_in_twice() -> None:
    monitoring = {**MONITORING, "dashboard": False}
    found = made({**TARGET, "monitoring": monitoring, "route": {"callers": ["monitoring"]}})
    assert "dashboard" not in found
    assert len(found["callers"]["spec"]["ingress"][0]["from"]) == 2


def test_objectives_reach_the_rules_and_make_no_new_pods() -> None:
    target = {**TARGET, "monitoring": MONITORING}
    slo = {"availability": 99, "latency": {"percent": 95, "within": "1s"}}
    changed = made(target, slo=slo)
    text = json.dumps(changed["rules"])
    assert "14.4 * 0.01 " in text
    assert 'le=\\"1.0\\"' in text
    assert planned(target).revision == planned(target, slo=slo).revision == planned(TARGET).revision


def test_custom_metrics_scale_by_predictions_in_flight() -> None:
    spec = made({**TARGET, "autoscaling": {"in_flight": 2.5}})["scaler"]["spec"]
    assert spec["metrics"] == [
        {
            "type": "Pods",
            "pods": {
                "metric": {"name": "modelport_predictions_in_flight"},
                "target": {"type": "AverageValue", "averageValue": "2500m"},
            },
        }
    ]
    assert spec["minReplicas"] == 2


def test_keda_asks_prometheus_about_the_pods_of_the_revision() -> None:
    target = {**TARGET, "monitoring": {**MONITORING, "interval_seconds": 30}}
    found = made({**target, "autoscaling": {"in_flight": 8, "keda": KEDA}})
    assert found["scaler"]["kind"] == "ScaledObject"
    spec = found["scaler"]["spec"]
    name = found["pods"]["metadata"]["name"]
    assert spec["scaleTargetRef"] == {"name": name}
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (2, 4)
    (trigger,) = spec["triggers"]
    assert trigger["metadata"]["threshold"] == "8"
    assert f'namespace="mp-cancer-dev",pod=~"{name}-.*"' in trigger["metadata"]["query"]
    assert "[120s]" in trigger["metadata"]["query"]  # four scrapes
    assert found["pods"]["metadata"]["annotations"]["modelport/scaled-by"] == "keda"
    assert "modelport/scaled-by" not in made(TARGET)["pods"]["metadata"]["annotations"]


def test_keda_lets_a_service_sleep_until_its_gateway_counts_callers() -> None:
    spec = made(ALL)["scaler"]["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (0, 3)
    load, wake = (trigger["metadata"] for trigger in spec["triggers"])
    assert load["threshold"] == "2.5"
    assert wake["query"] == WAKE
    assert made(ALL)["service"]["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}
    assert float(wake["threshold"]) > 1e6  # it never asks for a second pod
    assert not [rule for rule in made(ALL)["rules"]["spec"]["groups"][1]["rules"]
                if rule["alert"] == "ModelportGone"]  # fmt: skip


def test_another_autoscaler_is_another_revision() -> None:
    by_keda = {**TARGET, "autoscaling": {"in_flight": 8, "keda": KEDA}}
    assert planned(by_keda).revision != planned(TARGET).revision


def test_a_certificate_is_made_for_the_host_of_the_ingress() -> None:
    found = made(ALL)
    spec = found["certificate"]["spec"]
    assert spec["dnsNames"] == ["c.example.com"]
    assert spec["issuerRef"] == {
        "group": "cert-manager.io",
        "kind": "ClusterIssuer",
        "name": "letsencrypt",
    }
    (tls,) = found["ingress"]["spec"]["tls"]
    assert tls == {"hosts": ["c.example.com"], "secretName": spec["secretName"]}


def test_a_key_out_of_a_store_is_nowhere_in_what_is_declared() -> None:
    found = made(ALL)
    assert not [item for item in found.values() if item["kind"] == "Secret"]
    spec = found["key"]["spec"]
    assert spec["data"] == [
        {"secretKey": "fetched", "remoteRef": {"key": "models/cancer", "property": "key"}}
    ]
    secret = spec["target"]["name"]
    variables = found["pods"]["spec"]["template"]["spec"]["containers"][0]["env"]
    (known,) = (item for item in variables if item["name"] == "MODELPORT_API_KEY_SHA256")
    assert known["valueFrom"]["secretKeyRef"] == {
        "name": secret,
        "key": "MODELPORT_API_KEY_SHA256",
    }
    (endpoint,) = found["monitor"]["spec"]["podMetricsEndpoints"]
    assert endpoint["authorization"]["credentials"] == {"name": secret, "key": "key"}
    assert set(spec["target"]["template"]["data"]) == {"key", "MODELPORT_API_KEY_SHA256"}
    annotations = found["key"]["metadata"]["annotations"]
    assert annotations == {"pulumi.com/waitFor": "condition=Ready"}


def test_everything_at_once_is_no_contradiction() -> None:
    assert refusals(ALL) == []


@pytest.mark.parametrize(
    ("wishes", "more", "said"),
    [
        ({"replicas": {"min": 0}}, {}, "write min: 1, or target.autoscaling.keda with wake"),
        (
            {"replicas": {"min": 0}, "autoscaling": {"in_flight": 8}},
            {},
            "a HorizontalPodAutoscaler keeps one pod at least",
        ),
        (
            {"replicas": {"min": 0}, "autoscaling": {"in_flight": 8, "keda": KEDA}},
            {},
            "pods that are not there count no requests",
        ),
        (
            {"autoscaling": {"in_flight": 8, "keda": {**KEDA, "wake": WAKE}}},
            {},
            "with replicas.min 2 nothing sleeps",
        ),
        (
            {
                "replicas": {"min": 0},
                "autoscaling": {"in_flight": 8, "keda": {**KEDA, "wake": WAKE}},
            },
            {"workload": {"cold_start": "none"}},
            "with target.replicas.min 0 nothing may run",
        ),
        (
            {"replicas": {"cpu_percent": 50}, "autoscaling": {"in_flight": 8}},
            {},
            "target.replicas.cpu_percent: load is measured by",
        ),
        ({"key_secret": KEY_SECRET}, {"auth": OIDC}, "with auth oidc callers send no key"),
        ({"monitoring": MONITORING}, {"auth": OIDC}, "with auth oidc Prometheus has nothing"),
        ({"certificate": {"issuer": "a"}}, {}, "there is no host"),
        (
            {
                "certificate": {"issuer": "a"},
                "route": {
                    "callers": ["gateway"],
                    "gateway": {"name": "web", "namespace": "gateway", "host": "c.example.com"},
                },
            },
            {},
            "the listeners of a Gateway hold its certificates",
        ),
        (
            {
                "certificate": {"issuer": "a"},
                "route": {**HTTPS, "ingress": {"host": "c.example.com", "scheme": "http"}},
            },
            {},
            "scheme is http; write https",
        ),
        (
            {
                "certificate": {"issuer": "a"},
                "route": {**HTTPS, "ingress": {"host": "c.example.com", "tls_secret": "own"}},
            },
            {},
            "tls_secret names another",
        ),
    ],
)
def test_wishes_that_contradict_each_other_are_refused(
    wishes: dict[str, Any], more: dict[str, Any], said: str
) -> None:
    found = refusals({**TARGET, **wishes}, **more)
    assert any(said in reason for reason in found), found
