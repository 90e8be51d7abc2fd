"""docs/serving.md says what the serving code does."""

import ast
import asyncio
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import grpc
import httpx
import pytest
from graphql import print_schema
from prometheus_client.parser import text_string_to_metric_families

from docs.texts import ROOT, blocks, table
from modelport.bundles.conversion import AGREES
from modelport.supervisor import generation
from modelport_serving import batcher, instances, server, settings
from modelport_serving.app import READ, build_app
from modelport_serving.gate import CLIENT_CLOSED
from modelport_serving.grpc import statuses
from modelport_serving.grpc.services import methods
from modelport_serving.metrics import BUCKETS, Metrics
from modelport_serving.predictor import Predictor
from modelport_serving.protocols import graphql
from modelport_serving.protocols.graphql_schema import schema_of
from modelport_serving.record import Feature, Golden, Prediction
from modelport_serving.runtime import Runtime
from modelport_serving.settings import Open, Settings
from serving.tiny import Stub, record, signature

PAGE = ROOT / "docs" / "serving.md"
TEXT = " ".join(PAGE.read_text().split())
SERVING = Path(settings.__file__).parent
REQUEST, REGRESSION, CLASSIFICATION, QUERY, PROBLEM = map(json.loads, blocks(PAGE, "json"))
XML_REQUEST, XML_ANSWER = blocks(PAGE, "xml")
NAMES: list[str] = list(REQUEST["instances"][1])


def ask(body: object, names: list[str] = NAMES) -> httpx.Response:
    """Ask a model with the features of the example."""
    return post("/predict", names, json=body)


def post(path: str, names: list[str], *, task: Any = "regression", **sent: Any) -> httpx.Response:
    """Ask a model with these features that speaks everything."""
    features = [
        Feature(
            name=name, dtype="int64" if name == "sex" else "float64", min=0, max=300, nullable=True
        )
        for name in names
    ]
    made = record(signature(*features, task=task))
    golden = Golden(instances=((1.0,) * len(names),), predictions=(Prediction(value=1),))
    runtime = Runtime(made, golden)
    one: Any = 1.0 if task == "regression" else [0.25, 0.75]
    model = Stub(lambda rows: [one] * len(rows))  # pyright: ignore[reportUnknownLambdaType]
    given = Settings(
        auth=Open(), access_log=False, protocols=frozenset(get_args(settings.Protocol))
    )
    runtime.start(given, Predictor(model, made))

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(build_app(runtime))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post(path, **sent)

    return asyncio.run(run())


def test_the_example_request_is_answered_as_shown() -> None:
    answer = ask(REQUEST)
    assert answer.status_code == 200
    shown = REGRESSION["predictions"]
    assert answer.json().keys() == REGRESSION.keys()
    assert [item.keys() for item in answer.json()["predictions"]] == [item.keys() for item in shown]
    assert {"x-modelport-version", "x-request-id"} <= set(answer.headers)


def test_the_example_of_a_classification_is_one() -> None:
    assert CLASSIFICATION.keys() == REGRESSION.keys()
    for item in CLASSIFICATION["predictions"]:
        prediction = Prediction.model_validate(item)
        assert prediction.label
        assert prediction.probabilities
        assert math.isclose(sum(prediction.probabilities.values()), 1)


def test_the_example_of_xml_is_answered_in_xml() -> None:
    headers = {"content-type": "application/xml"}
    names = ["age", "sex", "s5"]
    answer = post("/predict", names, task="classification", content=XML_REQUEST, headers=headers)
    assert answer.status_code == 200, answer.text
    shown, found = (re.findall(r"</?[a-z]+", text) for text in (XML_ANSWER, answer.text))
    assert found == shown


def test_the_example_of_graphql_is_answered_and_its_schema_is_the_service_s() -> None:
    rows = QUERY["variables"]["rows"]
    names = [name.replace("_", " ") for name in rows[0]]
    answer = post("/graphql", names, task="classification", json=QUERY)
    assert answer.json()["data"]["predict"][0]["label"] == "high"
    made = schema_of(record(signature()), lambda *_: [])
    [shown] = blocks(PAGE, "graphql")
    printed = re.sub(r'""".*?"""\s*', "", print_schema(made), flags=re.DOTALL)
    assert "".join(shown.split()) in "".join(printed.split())


def test_the_example_error_is_what_is_answered() -> None:
    wrong = dict(zip(NAMES, REQUEST["instances"][0], strict=True))
    wrong = {"agex": wrong.pop("age"), **wrong, "sex": "abc"}
    answer = ask({"instances": [wrong]})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() | {"instance": PROBLEM["instance"]} == PROBLEM


def test_every_route_is_listed() -> None:
    listed = {route: (method, key == "no") for route, method, key, _ in table(PAGE, "route")}
    made = record(signature())
    app = build_app(Runtime(made, Golden(instances=(), predictions=())))
    assert listed == {
        path: ("GET" if route.methods == READ else route.methods[0], route.is_open)
        for path, route in app.routes.items()
        if route.protocol in (None, "capture")
    }
    calls = methods(app.runtime)
    further = {
        path: route.protocol
        for path, route in {**app.routes, **calls}.items()
        if route.protocol not in (None, "capture")
    }
    told = {name: paths for name, paths, _ in table(PAGE, "protocol")}
    assert set(told) == set(further.values()) == set(get_args(settings.Protocol))
    for path, protocol in further.items():
        general = path.replace("tiny", "NAME").replace(f"/versions/{made.version}", "")
        short = general.replace("/v2/models/NAME/", "…/")
        method = path.rpartition("/")[2] if path in calls else short
        listed_paths = set(told[protocol].split("`"))
        assert {general, short, method} & listed_paths, path


def test_every_status_of_grpc_is_listed() -> None:
    listed = {name for name, _ in table(PAGE, "status of gRPC")}
    assert listed == {grpc.StatusCode(_status(code)).name for code in statuses.CODES.values()}
    assert {int(status) for status, _ in problems()} - {202} <= set(statuses.CODES)


def _status(code: int) -> Any:
    return next(each.value for each in grpc.StatusCode if each.value[0] == code)


def problems() -> Iterator[tuple[str, str]]:
    """Status and kind of every problem that the code can answer."""
    for path in SERVING.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            given: list[Any] = [
                item.value if isinstance(item, ast.Constant) else None for item in node.args
            ]
            if node.func.id == "unavailable":
                yield "503", given[0]
            elif node.func.id in ("ProblemError", "QueryError") and given[1] is not None:
                yield str(given[0]), given[1]


def test_every_problem_is_listed() -> None:
    listed = [(status, kind) for status, kind, _, _ in table(PAGE, "status")]
    assert sorted(listed) == sorted(set(problems()))
    assert [int(status) for status, _ in listed] == sorted(int(status) for status, _ in listed)


def test_every_setting_is_listed_with_its_default() -> None:
    defaults = {
        name: "none: must be set"
        if field.is_required()
        else json.dumps(field.default, default=list)
        for name, field in Settings.model_fields.items()
    }
    listed = {name: default for name, default, _ in table(PAGE, "setting")}
    assert list(listed) == list(defaults)
    for name, default in listed.items():
        assert default in (defaults[name], defaults[name].removesuffix(".0")), name
    for variable in (settings.SETTINGS_VARIABLE, settings.AUTH_VARIABLE, settings.KEY_VARIABLE):
        assert variable in TEXT


def test_every_metric_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    metrics = Metrics(record(signature()))
    metrics.started()
    metrics.answered("/predict", 200, 0.1)
    metrics.split_request("live", good=True)
    metrics.fallbacks.labels("late", "answer").inc()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = {label for sample in family.samples for label in sample.labels} - {"le"}
    listed = {
        name: set(re.findall(r"[a-z]+", re.sub(r"\(.*?\)", "", labels)))
        for name, _, labels in table(PAGE, "metric")
    }
    assert listed == found
    assert f"{BUCKETS[0] * 1000:g} ms to {BUCKETS[-1]:g} s" in TEXT


def constant(file: Path, name: str) -> Any:
    """The value that a module gives to a name; read, not imported or asked for."""
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{file.name} sets no {name}")


GRACE = constant(SERVING / "worker.py", "GRACE_SECONDS")
DRAIN = constant(Path(generation.__file__), "_DRAIN")
BACKOFF = constant(Path(generation.__file__), "_BACKOFF")
EXPONENT = f"{AGREES:.0e}".replace("e-0", "e-")


@pytest.mark.parametrize(
    "sentence",
    [
        f"headers not complete after {server.HEADER_SECONDS:g} s",
        f"headers above {server.HEADER_BYTES // 1024} KiB",
        f"lists up to {instances.MAX_FAULTS} single faults",
        f"integers up to 2**{int(math.log2(instances.EXACT_INTEGER))}",
        f"counts as status `{CLIENT_CLOSED}`",
        f"finishes what it has within {GRACE} s",
        f"After {DRAIN:g} s the supervisor kills it",
        f"probabilities to {EXPONENT}, values to {EXPONENT} of themselves",
        f"{graphql.MAX_TOKENS:,} tokens",
        f"{graphql.MAX_DEPTH} fields deep",
        f"{graphql.MAX_FIELDS} fields, as often as fragments repeat them",
        f"and {graphql.MAX_SCHEMA_FIELDS} about the schema",
        f"{graphql.FIELDS_PER_ROW} fields for each of `max_rows` rows",
        f"costs up to {batcher.DIRECT_SECONDS * 1000:g} ms is made at once",
        f"up to {batcher.INLINE_SECONDS * 1000:g} ms one call answers all",
        "at once, then after {}, {:g}, {:g} and {:g} s".format(*BACKOFF[1:]),
    ],
)
def test_limits_are_those_of_the_code(sentence: str) -> None:
    assert sentence in TEXT
