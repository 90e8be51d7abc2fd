"""Every protocol under mutated bodies: never a 5xx, always an answer in the protocol's own form.

Real workers answer, and a good request after each bad one shows that nothing was left behind.
`MODELPORT_EXAMPLES` is the number of bodies for each protocol, for `make soak`.
"""

import csv
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelport_serving.protocols.graphql_http import RESPONSE
from serving.tiny import FEATURES
from serving.workers import AUTH, Worker

EXAMPLES = int(os.environ.get("MODELPORT_EXAMPLES", "15"))
NAMES = [feature.name for feature in FEATURES]
ROWS: list[list[float]] = [[1.5, 40, 0.5], [-1.5, 41, 0.25]]
OBJECTS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
LABELS = ("low", "high")
INFER = "/v2/models/tiny/infer"
TENSOR = {"name": "rows", "shape": [2, 3], "datatype": "FP64"}
QUERY = """query P($rows: [InstanceInput!]!) { predict(instances: $rows) {
  label probabilities { label probability } } model { name labels } }"""


@dataclass(frozen=True)
class Case:
    """One protocol: a good request, and the form of all of its answers."""

    path: str
    media: str
    body: bytes
    right: Callable[[httpx.Response], object]
    """Raises what an answer with status 200 should not be."""
    wrong: Callable[[httpx.Response], object]
    """Raises what an error should not be."""
    headers: tuple[tuple[str, str], ...] = ()


def problem(response: httpx.Response) -> None:
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert {"type", "title", "status", "detail", "instance"} <= set(document)
    assert document["status"] == response.status_code


def error(response: httpx.Response) -> None:
    assert set(response.json()) == {"error", "request_id"}


def graphql_error(response: httpx.Response) -> None:
    assert response.headers["content-type"].startswith(RESPONSE)
    document = response.json()
    assert set(document) == {"errors"}
    for each in document["errors"]:
        assert each["message"]
        assert each["extensions"]["status"] == response.status_code


def native(response: httpx.Response) -> None:
    for each in response.json()["predictions"]:
        assert each["label"] in LABELS


def table(response: httpx.Response) -> None:
    assert response.headers["content-type"] == "text/csv"
    for line in csv.reader(io.StringIO(response.text)):
        assert line[0] in LABELS
        assert sum(map(float, line[1:])) == pytest.approx(1)


def lines(response: httpx.Response) -> None:
    assert response.headers["content-type"] == "application/jsonlines"
    for line in response.text.splitlines():
        assert json.loads(line)["label"] in LABELS


def document(response: httpx.Response) -> None:
    assert response.headers["content-type"] == "application/xml"
    root = ElementTree.fromstring(response.content)  # noqa: S314 - our own answer
    assert root.tag == "predictions"
    for each in root:
        assert each.findtext("label") in LABELS
        chances = [float(found.text or "") for found in each.findall("probability")]
        assert sum(chances) == pytest.approx(1)


def outputs(response: httpx.Response) -> None:
    length = response.headers.get("inference-header-content-length")
    head = response.content if length is None else response.content[: int(length)]
    found = json.loads(head)
    assert found["model_name"] == "tiny"
    assert {each["name"] for each in found["outputs"]} <= {"label", "probabilities"}


def chances(response: httpx.Response) -> None:
    (found,) = response.json().values()
    assert np.array(found).shape[1] == 2


def labels(response: httpx.Response) -> None:
    assert set(response.json()) <= set(LABELS)


def data(response: httpx.Response) -> None:
    assert set(response.json()) <= {"data", "extensions"}


def binary() -> tuple[bytes, int]:
    values = np.array(ROWS).tobytes()
    tensor = {**TENSOR, "parameters": {"binary_data_size": len(values)}}
    head = json.dumps({"inputs": [tensor], "outputs": [{"name": "label"}]}).encode()
    return head + values, len(head)


def xml() -> bytes:
    rows = [
        "".join(f'<feature name="{name}">{value}</feature>' for name, value in row.items())
        for row in OBJECTS
    ]
    inner = "".join(f"<instance>{row}</instance>" for row in rows)
    return f"<instances>{inner}</instances>".encode()


def said(content: Any) -> bytes:
    return json.dumps(content).encode()


JSON = "application/json"
TABLE = "mean radius,age,texture\n1.5,40,0.5\n-1.5,41,0.25\n"
COLUMNS = dict(zip(NAMES, map(list, zip(*ROWS, strict=True)), strict=True))
INPUTS = [{**row, "mean_radius": row["mean radius"]} for row in OBJECTS]
VARIABLES = {"rows": [{n: v for n, v in row.items() if " " not in n} for row in INPUTS]}
BINARY, HEAD = binary()
CASES = {
    "native": Case("/predict", JSON, said({"instances": [ROWS[0], OBJECTS[1]]}), native, problem),
    "csv": Case("/predict", "text/csv", TABLE.encode(), table, problem),
    "json lines": Case(
        "/predict", "application/jsonlines", b"\n".join(map(said, [ROWS[0], OBJECTS[1]])),
        lines, problem,
    ),
    "xml": Case("/predict", "application/xml", xml(), document, problem),
    "v2": Case(
        INFER, JSON,
        said({"id": "1", "inputs": [{**TENSOR, "data": ROWS}],
              "outputs": [{"name": "label", "parameters": {"binary_data": False}}]}),
        outputs, error,
    ),
    "v2, binary": Case(
        INFER, "application/octet-stream", BINARY, outputs, error,
        (("inference-header-content-length", str(HEAD)),),
    ),
    "tensorflow": Case(
        "/v1/models/tiny:predict", JSON,
        said({"signature_name": "serving_default", "inputs": COLUMNS}), chances, error,
    ),
    "azure ml": Case(
        "/score", JSON, said({"input_data": {"columns": NAMES, "index": [0, 1], "data": ROWS}}),
        labels, problem,
    ),
    "graphql": Case(
        "/graphql", JSON, said({"query": QUERY, "variables": VARIABLES, "operationName": "P"}),
        data, graphql_error,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def client(everything: Worker) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=everything.url, headers=AUTH, timeout=30, trust_env=False) as made:
        yield made


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=5),
    st.sampled_from(
        [10**400, 2**53 + 1, -(2**63), 1e300, 1e39, -0.0, "\ud800", "__schema", [], {}, [[]],
         [None], {"a": {}}, "<x>", "NaN", [[[1, 2], [3]], 4], ["x"] * 40]
    ),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a JSON document."""
    found = [path]
    if isinstance(value, dict):
        for key, inner in cast("dict[str, Any]", value).items():
            found += places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[Any]", value)):
            found += places(inner, (*path, index))
    return found


@st.composite
def documents(draw: st.DrawFn, body: bytes) -> bytes:
    """The JSON document with some of its places changed, taken out, doubled or renamed."""
    content = json.loads(body)
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(places(content)[1:] or [("",)]))
        inner: Any = content
        for step in way:
            inner = inner[step]
        change = draw(st.sampled_from(["set", "set", "set", "remove", "rename", "repeat"]))
        if change == "set":
            inner[last] = draw(ODD)
        elif change == "remove":
            del inner[last]
        elif isinstance(inner, list):
            rows = cast("list[Any]", inner)
            rows += [rows[cast("int", last)]] * draw(st.sampled_from([1, 3, 1200]))
        else:
            inner[draw(st.text(st.characters(), max_size=4))] = inner[last]
        if not isinstance(content, dict | list) or not content:
            break
    return json.dumps(content).encode()


@st.composite
def cuttings(draw: st.DrawFn, body: bytes) -> bytes:
    """The bytes with some of them changed, taken out, doubled or put in."""
    changed = bytearray(body)
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, max(0, len(changed) - 1)))
        end = draw(st.integers(begin, min(len(changed), begin + 12)))
        put = draw(
            st.sampled_from([b"", bytes(changed[begin:end]) * 2, b'"', b"\xff", b"{", b"[[", b"<a>",
                             b"\n", b",", b"&x;", b"\x00", b"1e999", b"]]>", b"<!DOCTYPE a>"])
            | st.binary(max_size=6)
        )  # fmt: skip
        changed[begin:end] = put
    return bytes(changed)


def mutations(case: Case) -> st.SearchStrategy[bytes]:
    cut = cuttings(case.body) | st.binary(max_size=30)
    if case.media != JSON:
        return cut
    return documents(case.body) | documents(case.body) | cut | ODD.map(said)


@pytest.mark.parametrize("name", CASES)
def test_no_body_breaks_a_protocol(client: httpx.Client, name: str) -> None:
    case = CASES[name]
    wanted = post(client, case, case.body)
    assert wanted.status_code == 200, wanted.text
    case.right(wanted)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(body=mutations(case))
    def run(body: bytes) -> None:
        answered = post(client, case, body)
        assert answered.status_code in (200, 400, 413, 422), answered.text
        (case.right if answered.status_code == 200 else case.wrong)(answered)
        again = post(client, case, case.body)
        assert (again.status_code, again.content) == (200, wanted.content)

    run()


def post(client: httpx.Client, case: Case, body: bytes) -> httpx.Response:
    headers = {"content-type": case.media, **dict(case.headers)}
    return client.post(case.path, content=body, headers=headers)
