"""Rules and dashboards with a real Prometheus: alerts fire when they should, and all is data."""

import hashlib
import json
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from modelport.home import Home
from modelport.observability import in_flight, rule_groups
from modelport.observability.rules import BURNS
from modelport.observability.scraping import adapter_rules, scrape_pods
from modelport.observability.served import families
from modelport.operations.observe import observe
from modelport.provider.local_files import AUTH_HEADER
from observability.expressions import JOB, alerts, drawn, rules, watched
from observability.prometheus import Prometheus, promtool, require_prometheus, running
from serving.containers import container
from serving.tiny import GOOD, build
from serving.workers import AUTH, KEY, Worker

pytestmark = pytest.mark.e2e
_SELECTED = f'job="{JOB}",route="/predict"'


@pytest.fixture(scope="module", autouse=True)
def _program() -> None:  # pyright: ignore[reportUnusedFunction] - a fixture
    require_prometheus()


def series(name: str, labels: str, step: str) -> dict[str, str]:
    """A series of a test of promtool's, one value a minute."""
    return {"series": f"{name}{{{labels}}}", "values": step}


def traffic(failing: float, slow: float = 0) -> list[dict[str, str]]:
    """10,000 predictions a minute for an hour and a half, of which shares fail or are slow."""
    bad, late, steps = round(failing * 10_000), round(slow * 10_000), 90
    seconds = "modelport_request_seconds"
    return [
        series(
            "modelport_requests_total", f'{_SELECTED},status="200"', f"0+{10_000 - bad}x{steps}"
        ),
        series("modelport_requests_total", f'{_SELECTED},status="500"', f"0+{bad}x{steps}"),
        series(f"{seconds}_count", _SELECTED, f"0+10000x{steps}"),
        series(f"{seconds}_bucket", f'{_SELECTED},le="0.1"', f"0+{10_000 - late}x{steps}"),
        # Whoever only asks whether it is ready is no caller.
        series(
            "modelport_requests_total", f'job="{JOB}",route="/readyz",status="503"', "0+5000x90"
        ),
        series("up", f'job="{JOB}",instance="a"', "1+0x90"),
    ]


def expected(name: str, minute: int, share: float | None) -> list[dict[str, Any]]:
    """Alerts that fire when a share of predictions is bad; none of them when it is none."""
    fires: list[dict[str, Any]] = []
    budgets = {"ModelportAvailabilityBurn": 0.001, "ModelportLatencyBurn": 0.01}
    for rule in alerts():
        if rule["alert"] != name or share is None:
            continue
        factor = next(item.factor for item in BURNS if item.long == rule["labels"]["long"])
        if share > factor * budgets[name]:
            summary = rule["annotations"]["summary"].replace(
                "{{ $value | humanizePercentage }}", f"{share * 100:.4g}%"
            )
            told = {**rule["annotations"], "summary": summary}
            fires.append({"exp_labels": rule["labels"], "exp_annotations": told})
    return [{"eval_time": f"{minute}m", "alertname": name, "exp_alerts": fires}]


def of_promtool() -> list[dict[str, Any]]:
    """Tests of rules, as promtool reads them."""
    errors, slow = "ModelportAvailabilityBurn", "ModelportLatencyBurn"
    found: list[dict[str, Any]] = [
        {
            "interval": "1m",
            "input_series": traffic(share),
            "alert_rule_test": [
                *expected(errors, 80, share),
                *expected(slow, 80, None),
                {"eval_time": "80m", "alertname": "ModelportGone"},
            ],
        }
        # Between the factors 0, 1, 3, 6 and 14.4 of a budget of 0.1 %, and far above.
        for share in (0, 0.0005, 0.002, 0.004, 0.01, 0.02, 0.5, 1)
    ]
    found += [
        {
            "interval": "1m",
            "input_series": traffic(0, share),
            "alert_rule_test": [*expected(slow, 80, share), *expected(errors, 80, None)],
        }
        for share in (0.005, 0.02, 0.2)
    ]
    return [*found, _over_soon(), _gone(), _never_there()]


def _over_soon() -> dict[str, Any]:
    """Errors for ten minutes: the page comes, and goes soon after them, not an hour later."""
    page = 'count(ALERTS{alertname="ModelportAvailabilityBurn",long="1h"})'
    one = [{"labels": "{}", "value": 1}]
    return {
        "interval": "1m",
        "input_series": [
            series("modelport_requests_total", f'{_SELECTED},status="200"', "0+900x130"),
            series(
                "modelport_requests_total",
                f'{_SELECTED},status="500"',
                "0x60 0+100x10 1000x60",
            ),
        ],
        "promql_expr_test": [
            {"expr": page, "eval_time": time, "exp_samples": samples}
            for time, samples in (("59m", []), ("71m", one), ("80m", []))
        ],
    }


def _gone() -> dict[str, Any]:
    rule = alerts()[-1]
    fires = {"exp_labels": rule["labels"], "exp_annotations": rule["annotations"]}
    return {
        "interval": "1m",
        "input_series": [series("up", f'job="{JOB}",instance="a"', "1x10 0x20")],
        "alert_rule_test": [
            {"eval_time": "14m", "alertname": "ModelportGone"},
            {"eval_time": "20m", "alertname": "ModelportGone", "exp_alerts": [fires]},
        ],
    }


def _never_there() -> dict[str, Any]:
    rule = alerts()[-1]
    fires = {"exp_labels": rule["labels"], "exp_annotations": rule["annotations"]}
    return {
        "interval": "1m",
        "input_series": [series("up", 'job="another"', "1x20")],
        "alert_rule_test": [
            {"eval_time": "10m", "alertname": "ModelportGone", "exp_alerts": [fires]}
        ],
    }


def test_alerts_fire_when_a_budget_burns_and_not_before(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(rule_groups(watched())))
    promtool("check", "rules", tmp_path / "rules.yaml")
    tests = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": of_promtool()}
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump(tests, sort_keys=False))
    said = promtool("test", "rules", tmp_path / "tests.yaml")
    assert "SUCCESS" in said


def test_pods_are_chosen_and_labelled(tmp_path: Path) -> None:
    """Debian's Prometheus cannot ask Kubernetes: what it would find is put into a file."""
    found = scrape_pods(
        JOB, "models", ("app.kubernetes.io/instance", "modelport/revision"), "http", None
    )
    (one,) = found["scrape_configs"]
    assert one.pop("kubernetes_sd_configs")[0]["namespaces"] == {"names": ["models"]}
    pods = [(JOB, "http"), (JOB, "proxy"), ("mp-another-dev", "http")]
    listed = [
        {
            "targets": [f"127.0.0.{number}:1"],
            "labels": {
                "__meta_kubernetes_namespace": "models",
                "__meta_kubernetes_pod_name": f"pod-{number}",
                "__meta_kubernetes_pod_label_app_kubernetes_io_instance": instance,
                "__meta_kubernetes_pod_label_modelport_revision": "r123",
                "__meta_kubernetes_pod_container_port_name": port,
            },
        }
        for number, (instance, port) in enumerate(pods, 1)
    ]
    (tmp_path / "pods.json").write_text(json.dumps(listed))
    one["scrape_interval"] = "1s"
    one["file_sd_configs"] = [{"files": [str(tmp_path / "pods.json")]}]
    with running(tmp_path, found) as prometheus:
        prometheus.wait_for(f'up{{job="{JOB}"}}')
        (target,) = prometheus.get("targets")["activeTargets"]
    assert target["labels"] == {
        "job": JOB,
        "instance": "127.0.0.1:1",
        "namespace": "models",
        "pod": "pod-1",
        "modelport_revision": "r123",
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Worker]:
    """A container's server with two workers, which has answered for a while."""
    folder = tmp_path_factory.mktemp("server")
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    variables = {"MODELPORT_API_KEY_SHA256": digest, "MODELPORT_WORKERS": "2"}
    with container(build(folder), folder, variables) as worker:
        yield worker


@pytest.fixture(scope="module")
def asked(
    server: Worker, tmp_path_factory: pytest.TempPathFactory
) -> Generator[tuple[Prometheus, Path]]:
    """Prometheus, with what `modelport observe` wrote, and callers of the server."""
    folder = tmp_path_factory.mktemp("prometheus")
    home = Home(folder / ".modelport")
    target = {"kind": "local", "port": httpx.URL(server.url).port}
    slo = {"latency": {"within": "100ms"}}
    deployment = {"bundle": "tiny", "owner": "lab", "target": target, "slo": slo}
    settings = {"config": {"modelport:deployments": {"cancer": deployment}}}
    (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump(settings))
    work = home.deployment("dev", "cancer")
    work.mkdir(parents=True)
    (work / AUTH_HEADER).write_text(f"Authorization: Bearer {KEY}\n")

    made = observe(home, "dev", "cancer", folder / "out")
    assert made.has_key
    assert [Path(file).name for file in made.files] == [
        "rules.yaml",
        "dashboard.json",
        "scrape.yaml",
    ]
    config = yaml.safe_load((folder / "out" / "scrape.yaml").read_text())
    config["scrape_configs"][0]["scrape_interval"] = "1s"
    config |= {
        "global": {"evaluation_interval": "1s"},
        "rule_files": [str(folder / "out" / "rules.yaml")],
    }
    ended = threading.Event()
    caller = threading.Thread(target=_call, args=(server.url, ended))
    caller.start()
    try:
        with running(folder, config) as prometheus:
            prometheus.wait_for(f'job:modelport_errors:ratio_rate3d{{job="{JOB}"}} >= 0')
            yield prometheus, folder / "out"
    finally:
        ended.set()
        caller.join()


def _call(url: str, ended: threading.Event) -> None:
    with httpx.Client(base_url=url, headers=AUTH, trust_env=False) as client:
        while not ended.is_set():
            client.post("/predict", json={"instances": GOOD}).raise_for_status()
            time.sleep(0.02)


def test_every_expression_is_data(asked: tuple[Prometheus, Path], server: Worker) -> None:
    prometheus, _ = asked
    text = httpx.get(f"{server.url}/metrics", headers=AUTH, trust_env=False).text
    # What has a label that only an event gives it, such as a fallback's reason.
    counted = {item.name for item in text_string_to_metric_families(text) if item.samples}
    silent = {item.name for item in families()} - counted
    assert silent == {"modelport_fallbacks", "modelport_split_requests"}
    titles = {item.text.removesuffix(".") for item in families() if item.name in silent}
    for title, expression in drawn():
        found = prometheus.values(expression.replace("$__rate_interval", "1m"))
        assert bool(found) != (title.removesuffix(", a second") in titles), (title, expression)
    for rule in rules():
        if "record" in rule:
            assert prometheus.values(rule["expr"]), rule
            assert prometheus.values(f'{rule["record"]}{{job="{JOB}"}}'), rule
        else:  # an alert is data when it fires
            assert prometheus.values(rule["expr"]) == [], rule


def test_good_traffic_is_counted_as_such_and_nothing_fires(
    asked: tuple[Prometheus, Path],
) -> None:
    prometheus, _ = asked
    assert prometheus.values(f'job:modelport_errors:ratio_rate5m{{job="{JOB}"}}') == [0]
    (slow,) = prometheus.values(f'job:modelport_slow:ratio_rate5m{{job="{JOB}"}}')
    assert 0 <= slow < 1
    groups = prometheus.get("rules")["groups"]
    found = [rule for group in groups for rule in group["rules"]]
    assert len(found) == len(rules())
    assert {rule["health"] for rule in found} == {"ok"}
    assert {target["health"] for target in prometheus.get("targets")["activeTargets"]} == {"up"}


def test_what_autoscalers_ask_is_data(asked: tuple[Prometheus, Path]) -> None:
    prometheus, _ = asked
    (mean,) = prometheus.values(in_flight(f'job="{JOB}"'))
    assert 0 < mean < 2  # one caller
    (rule,) = adapter_rules()["rules"]
    query = rule["metricsQuery"].replace("<<.Series>>", "modelport_request_seconds_sum")
    query = query.replace("<<.LabelMatchers>>", f'job="{JOB}"').replace("<<.GroupBy>>", "instance")
    assert len(prometheus.values(query)) == 1
