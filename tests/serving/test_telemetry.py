"""Telemetry: spans of requests as a real collector gets them, and nothing when there is none."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from pydantic import ValidationError

from modelport_serving.app import build_app
from modelport_serving.errors import StartError
from modelport_serving.predictor import Predictor
from modelport_serving.record import Golden
from modelport_serving.runtime import Runtime
from modelport_serving.settings import Open, Settings, read_settings
from modelport_serving.telemetry import Telemetry
from serving.collectors import Collector, attributes, collecting
from serving.grpc_calls import HEALTH, call, in_process, infer, made_runtime, raw
from serving.tiny import GOOD, VERSION, Stub, record, signature
from serving.workers import AUTH, Worker, poll, running, settings_file

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SOON = {"OTEL_BSP_SCHEDULE_DELAY": "50"}
"""Spans are sent after milliseconds, not after five seconds."""


@dataclass
class Served:
    """A worker and its collector."""

    worker: Worker
    collector: Collector

    def ask(self, name: str, path: str = "/predict", **headers: str) -> httpx.Response:
        method, body = ("POST", {"instances": GOOD}) if path == "/predict" else ("GET", None)
        sent = {**AUTH, "x-request-id": name, **headers}
        return httpx.request(method, self.worker.url + path, json=body, headers=sent)

    def line(self, event: str, name: str) -> dict[str, Any]:
        def found() -> list[dict[str, Any]]:
            lines = [json.loads(line) for line in self.worker.lines() if name in line]
            return [line for line in lines if line["event"] == event]

        poll(found, f"a line of {name}")
        return found()[0]


@pytest.fixture(scope="module")
def served(bento: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("telemetry")
    with collecting() as collector:
        file = settings_file(
            folder, telemetry={"otlp_endpoint": collector.url}, capture={"percent": 100}
        )
        variables = {
            "MODELPORT_SETTINGS": str(file),
            "OTEL_EXPORTER_OTLP_HEADERS": "x-team=serving",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
            **SOON,
        }
        with running(bento, folder, variables) as worker:
            yield Served(worker, collector)


def test_a_request_leaves_a_span_with_what_it_cost(served: Served) -> None:
    assert served.ask("r-1").status_code == 200
    span, below = served.collector.of("r-1")
    assert (span.name, span.kind) == ("POST /predict", Span.SPAN_KIND_SERVER)
    assert not span.parent_span_id
    held = attributes(span.attributes)
    assert held == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "http.route": "/predict",
        "modelport.model.name": "tiny",
        "modelport.model.version": VERSION,
        "modelport.request_id": "r-1",
        "modelport.rows": 2,
        "network.protocol.version": "1.1",
        "url.path": "/predict",
        "url.scheme": "http",
    }
    poll(lambda: len(served.collector.of("r-1")[1]) == 2, "both spans below it", 20)
    below = sorted(served.collector.of("r-1")[1], key=lambda it: it.name)
    assert [it.name for it in below] == ["compute", "wait"]
    compute, wait = below
    assert attributes(compute.attributes) == {"modelport.batch.rows": 2}
    assert span.start_time_unix_nano <= wait.start_time_unix_nano <= wait.end_time_unix_nano
    assert wait.end_time_unix_nano == compute.start_time_unix_nano
    assert compute.start_time_unix_nano <= compute.end_time_unix_nano <= span.end_time_unix_nano
    resource = served.collector.resources[0]
    assert (resource["service.name"], resource["service.version"]) == ("tiny", VERSION)
    assert resource["deployment.environment.name"] == "test"
    sent = served.collector.headers[0]
    assert (sent["path"], sent["x-team"]) == ("/v1/traces", "serving")


def test_a_callers_trace_is_taken_over(served: Served) -> None:
    served.ask("r-2", traceparent=f"00-{TRACE}-{PARENT}-01", tracestate="a=b")
    span, _ = served.collector.of("r-2")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
    assert span.trace_state == "a=b"
    assert served.line("request", "r-2")["trace_id"] == TRACE
    assert served.line("prediction", "r-2")["trace_id"] == TRACE
    for number, wrong in enumerate(("x", f"00-{'0' * 32}-{PARENT}-01", f"ff-{TRACE}-{PARENT}-01")):
        served.ask(f"w-{number}", traceparent=wrong)
        found, _ = served.collector.of(f"w-{number}")
        assert found.trace_id.hex() != TRACE
        assert not found.parent_span_id


def test_a_caller_that_does_not_sample_gets_no_span(served: Served) -> None:
    other = TRACE[::-1]
    served.ask("r-3", traceparent=f"00-{other}-{PARENT}-00")
    assert served.line("request", "r-3")["trace_id"] == other
    served.ask("r-4")
    served.collector.of("r-4")
    assert other not in {span.trace_id.hex() for span in served.collector.spans}


def test_refusals_and_unknown_paths(served: Served) -> None:
    secret = "/patients/ada-lovelace?token=hush"
    assert served.ask("r-5", secret).status_code == 404
    span, _ = served.collector.of("r-5")
    assert span.name == "GET"
    assert "url.path" not in attributes(span.attributes)
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert served.ask("r-6", authorization="Bearer wrong").status_code == 401
    span, below = served.collector.of("r-6")
    assert attributes(span.attributes)["http.response.status_code"] == 401
    assert not below
    assert "ada" not in str(served.collector.spans)
    assert "hush" not in str(served.collector.spans)
    for path in ("/livez", "/readyz", "/metrics"):
        served.ask("r-7", path)
    served.ask("r-8")
    served.collector.of("r-8")
    assert "r-7" not in str(served.collector.spans)


def served_here(answer: Any, telemetry: Telemetry | None) -> Runtime:
    made = record(signature(task="regression"))
    runtime = Runtime(made, Golden(instances=(), predictions=()))
    settings = Settings(auth=Open(), telemetry=telemetry)
    runtime.start(settings, Predictor(Stub(answer), made))
    return runtime


def ask(runtime: Runtime, *names: str) -> list[httpx.Response]:
    async def run() -> list[httpx.Response]:
        transport = httpx.ASGITransport(build_app(runtime))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            body = {"instances": [[1, 2, 3]]}
            sent = [
                client.post("/predict", json=body, headers={"x-request-id": name}) for name in names
            ]
            return list(await asyncio.gather(*sent))

    return asyncio.run(run())


def fail(_: Any) -> Any:
    raise RuntimeError("out of memory")


def test_a_failure_is_an_error_that_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    with collecting() as collector:
        runtime = served_here(fail, Telemetry(otlp_endpoint=collector.url))
        assert ask(runtime, "f-1")[0].status_code == 500
        span, _ = collector.of("f-1")
        runtime.stop()
    assert span.status.code == Status.STATUS_CODE_ERROR
    assert attributes(span.attributes)["error.type"] == "500"
    assert "memory" not in str(span)


def test_requests_that_share_a_call_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    hold = threading.Event()

    def slow(rows: Any) -> Any:
        hold.wait(0.2)  # the first call; those that come meanwhile share the next one
        hold.set()
        return [0.5] * len(rows)

    with collecting() as collector:
        runtime = served_here(slow, Telemetry(otlp_endpoint=collector.url))
        ask(runtime, "s-1", "s-2", "s-3")
        poll(lambda: len(collector.spans) == 9, "all spans", 20)
        batches = [
            attributes(it.attributes)["modelport.batch.rows"]
            for it in collector.spans
            if it.name == "compute"
        ]
        runtime.stop()
    assert sorted(batches) in ([1, 2, 2], [3, 3, 3])


def test_a_call_over_grpc_leaves_a_span_and_a_probe_none() -> None:
    with collecting() as collector:
        telemetry = Telemetry(otlp_endpoint=collector.url)
        runtime = made_runtime(lambda rows: [0.5] * len(rows), telemetry=telemetry)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        with in_process(runtime) as (channel, _):
            infer(channel, raw(), metadata=(("x-request-id", "g-1"),))
            call(channel, HEALTH, b"")
        runtime.stop()
        span, below = collector.of("g-1")
    assert span.name == "POST /inference.GRPCInferenceService/ModelInfer"
    assert attributes(span.attributes)["modelport.rows"] == 2
    assert len(below) == 2
    assert len(collector.spans) == 3


def test_a_collector_that_is_down_costs_spans_and_no_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    with collecting() as collector:
        collector.status = 400
        runtime = served_here([0.5], Telemetry(otlp_endpoint=collector.url))
        assert [answer.status_code for answer in ask(runtime, "d-1")] == [200]
        live = runtime.ready()
        poll(lambda: b"modelport_spans_lost_total 3.0" in live.metrics.text(), "counted", 20)
    assert [answer.status_code for answer in ask(runtime, "d-2")] == [200]  # nobody listens
    runtime.stop()


def test_the_last_spans_are_sent_at_the_end() -> None:
    with collecting() as collector:
        runtime = served_here([0.5], Telemetry(otlp_endpoint=collector.url))
        ask(runtime, "e-1")
        runtime.stop()
        assert len(collector.spans) == 3


def test_a_share_is_sampled() -> None:
    with collecting() as collector:
        telemetry = Telemetry(otlp_endpoint=collector.url, sample_percent=0)
        runtime = served_here([0.5], telemetry)
        assert ask(runtime, "n-1")[0].status_code == 200
        runtime.stop()
        assert not collector.spans


def test_who_does_not_switch_it_on_does_not_pay() -> None:
    """Nothing of it is imported: neither telemetry nor what checks tokens."""
    code = (
        "import sys; from modelport_serving import app, runtime; print([name for name in "
        "sys.modules if name.startswith(('jwt', 'cryptography', 'requests', 'opentelemetry'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_bundle_without_the_library_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "modelport_serving.tracing", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    monkeypatch.delitem(
        sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", raising=False
    )
    with pytest.raises(StartError, match="opentelemetry-exporter-otlp-proto-http"):
        served_here([0.5], Telemetry(otlp_endpoint="http://127.0.0.1:1"))


@pytest.mark.parametrize(
    "address", ["127.0.0.1:4318", "grpc://a:4317", "http://", "http://u:p@a", "http://a/?b=c", "x"]
)
def test_addresses_of_collectors(address: str) -> None:
    with pytest.raises(ValidationError, match="is no address of a collector"):
        Telemetry(otlp_endpoint=address)
    given = {"MODELPORT_AUTH": "none", "MODELPORT_TELEMETRY": '{"otlp_endpoint": "http://a:4318/"}'}
    found = read_settings(given).telemetry
    assert found == Telemetry(otlp_endpoint="http://a:4318", sample_percent=100)
