"""GraphQL: asked by gql, a client that was not written here, and by queries that are hostile."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError, TransportServerError
from gql.transport.httpx import HTTPXTransport
from hypothesis import given
from hypothesis import strategies as st

from modelport_serving.protocols.graphql import MAX_FIELDS
from modelport_serving.protocols.graphql_http import RESPONSE
from modelport_serving.protocols.graphql_names import graphql_names
from serving.graphql_calls import PREDICT, ROWS, errors
from serving.workers import AUTH, Worker

PLAIN = [[1.5, 40, 0.5], [-1.5, 41, None]]


@pytest.fixture(scope="module")
def client(everything: Worker) -> Client:
    transport = HTTPXTransport(url=f"{everything.url}/graphql", headers=AUTH, trust_env=False)
    # It fetches the schema by introspection, and checks queries against it.
    return Client(transport=transport, fetch_schema_from_transport=True)


@pytest.fixture(scope="module")
def http(everything: Worker) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=everything.url, headers=AUTH, timeout=20, trust_env=False) as made:
        yield made


def ask(http: httpx.Client, query: str, rows: Any = None, **headers: str) -> httpx.Response:
    variables = {} if rows is None else {"rows": rows}
    body = {"query": query, "variables": variables}
    return http.post("/graphql", json=body, headers=headers)


# -- by gql


def test_gql_predicts(client: Client, http: httpx.Client) -> None:
    wanted = http.post("/predict", json={"instances": PLAIN}).json()["predictions"]
    request = gql(PREDICT)
    request.variable_values = {"rows": ROWS}
    with client as session:
        found = session.execute(request)["predict"]
    assert [each["label"] for each in found] == [each["label"] for each in wanted]
    chances = [
        {each["label"]: each["probability"] for each in one["probabilities"]} for one in found
    ]
    assert chances == [each["probabilities"] for each in wanted]


def test_gql_reads_the_schema_and_the_model(client: Client) -> None:
    query = """{
      model { name version task target runtime primary labels metrics { name value }
              features { name field dtype min max nullable } }
      __type(name: "InstanceInput") {
        inputFields { name description type { kind name ofType { name } } }
      }
    }"""
    with client as session:
        found = session.execute(gql(query))
    model = found["model"]
    assert (model["name"], model["task"], model["labels"]) == (
        "tiny", "classification", ["low", "high"],
    )  # fmt: skip
    assert model["metrics"] == [{"name": "f1", "value": 0.9}]
    assert model["features"][0] == {
        "name": "mean radius", "field": "mean_radius", "dtype": "float64",
        "min": -4, "max": 4, "nullable": False,
    }  # fmt: skip
    radius, age, texture = found["__type"]["inputFields"]
    assert radius["description"] == "mean radius: -4 to 4 in training"
    assert radius["type"] == {"kind": "NON_NULL", "name": None, "ofType": {"name": "Float"}}
    assert age["type"]["ofType"] == {"name": "SafeInt"}
    assert texture["type"] == {"kind": "SCALAR", "name": "Float", "ofType": None}


def test_gql_s_own_check_finds_mistakes_before_they_are_sent(client: Client) -> None:
    with client as session, pytest.raises(Exception, match="Cannot query field 'lable'"):
        session.execute(gql("{ predict(instances: []) { lable } }"))


def test_gql_hears_what_is_wrong(everything: Worker) -> None:
    def execute(headers: dict[str, str], rows: Any) -> Any:
        transport = HTTPXTransport(
            url=f"{everything.url}/graphql", headers=headers, trust_env=False
        )
        request = gql(PREDICT)
        request.variable_values = {"rows": rows}
        with Client(transport=transport) as session:
            return session.execute(request)

    with pytest.raises(TransportQueryError) as caught:
        execute(AUTH, [{"mean_radius": "x", "age": 1.5, "txture": 1}])
    found = caught.value.errors or []
    assert {each["extensions"]["status"] for each in found} == {422}
    said = " ".join(each["message"] for each in found)
    assert "mean_radius" in said
    assert "SafeInt takes whole numbers" in said
    assert "Did you mean 'texture'?" in said
    with pytest.raises((TransportQueryError, TransportServerError), match="API key"):
        execute({}, ROWS)


# -- by hand


def test_aliases_and_fragments_are_one_request(http: httpx.Client) -> None:
    query = """
      query ($rows: [InstanceInput!]!, $no: Boolean = false) {
        all: predict(instances: $rows) { ...Told }
        first: predict(instances: [{mean_radius: 1.5, age: 40, texture: 0.5}]) { ...Told }
        left: predict(instances: $rows) @include(if: $no) { label }
        model { version }
      }
      fragment Told on Prediction { label is: label __typename }
    """
    before = rows_predicted(http)
    response = ask(http, query, ROWS)
    data = response.json()["data"]
    assert response.headers["content-type"] == f"{RESPONSE}; charset=utf-8"
    assert list(data) == ["all", "first", "model"]
    assert data["first"] == data["all"][:1]
    assert data["all"][0]["is"] == data["all"][0]["label"]
    assert rows_predicted(http) == before + 3


def rows_predicted(http: httpx.Client) -> float:
    text = http.get("/metrics").text
    name = "modelport_rows_predicted_total "
    return float(next(line for line in text.splitlines() if line.startswith(name))[len(name) :])


@pytest.mark.parametrize(
    ("accept", "media", "status"),
    [
        ("*/*", RESPONSE, 422),
        ("application/json", "application/json", 200),
        (f"{RESPONSE}, application/json;q=0.9", RESPONSE, 422),
        (f"application/json, {RESPONSE};q=0.5", "application/json", 200),
    ],
)
def test_the_caller_chooses_the_content_type(
    http: httpx.Client, accept: str, media: str, status: int
) -> None:
    good = ask(http, PREDICT, ROWS, accept=accept)
    assert (good.status_code, good.headers["content-type"]) == (200, f"{media}; charset=utf-8")
    bad = ask(http, PREDICT, [{"mean_radius": 1}], accept=accept)
    assert bad.headers["content-type"] == f"{media}; charset=utf-8"
    [error] = errors(bad, status, "invalid-instances")
    assert error["extensions"]["status"] == 422


def test_what_is_no_request_is_told_in_graphql_s_form(http: httpx.Client) -> None:
    errors(http.get("/graphql"), 405, "method-not-allowed")
    errors(http.post("/graphql", content=b"{}"), 415, "unsupported-media-type")
    errors(ask(http, "{ model { name } }", accept="text/html"), 406, "not-acceptable")
    errors(
        http.post("/graphql", json={}, headers={"authorization": "Bearer x"}), 401, "unauthorized"
    )
    sent = {"content-type": "application/json"}
    errors(http.post("/graphql", content=b"{", headers=sent), 400, "not-json")
    errors(http.post("/graphql", content=b" " * 300_000, headers=sent), 413, "body-too-large")
    for field, value in (("variables", [7]), ("operationName", 1), ("extensions", 1)):
        body = {"query": "{ model { name } }", field: value}
        errors(http.post("/graphql", json=body), 400, "invalid-body")
    for other in ([], {}, {"query": 1}):
        errors(http.post("/graphql", json=other), 400, "invalid-body")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{", "Syntax Error"),
        ("", "Syntax Error"),
        ("\ud800", "Syntax Error"),
        ("{ nothing }", "Cannot query field"),
        ("mutation { predict(instances: []) { label } }", "mutation"),
        ("query A { model { name } } query B { model { name } }", "must name one query"),
        ("{ model { ...A } } fragment A on Model { ...B } fragment B on Model { ...A }", "itself"),
        ("{ predict(instances: [{mean_radius: 1, age: 1.5}]) { label } }", "SafeInt"),
        ("{ predict(instances: [{age: 1}]) { label } }", "mean_radius"),
        ("{ predict(instances: [{mean_radius: 1, age: 9007199254740993}]) { label } }", "2**53"),
        ("{" + "{a" * 400 + "}" * 401, "Syntax Error"),
        ("{ a" * 300 + "}" * 300, "deep"),
        ("{" + "a " * 6000 + "}", "5000 tokens"),
        ("{" + "model { name } " * (MAX_FIELDS // 2 + 1) + "}", f"at most {MAX_FIELDS}"),
        ("{ __schema { types { " + "name " * 300 + "} } }", "fields of the schema"),
        ("{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
         "introspection depth"),
        ("query { model { ...F0 } } " + " ".join(
            f"fragment F{n} on Model {{ ...F{n + 1} ...F{n + 1} }}" for n in range(30)
         ) + " fragment F30 on Model { name }", f"at most {MAX_FIELDS}"),
        ("{ model { ...F0 } } " + " ".join(
            f"fragment F{n} on Model {{ ...F{n + 1} }}" for n in range(700)
         ) + " fragment F700 on Model { name }", ""),
    ],
)  # fmt: skip
def test_queries_that_are_refused(http: httpx.Client, query: str, said: str) -> None:
    body = json.dumps({"query": query})
    response = http.post("/graphql", content=body, headers={"content-type": "application/json"})
    if said or response.status_code != 200:
        found = errors(response, 400, "invalid-query")
        assert said in " ".join(error["message"] for error in found)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "is empty; send at least one row"),
        ([ROWS[0]] * 1001, "has 1001 rows; send at most 1000"),
        (None, "rows"),
        ({}, "mean_radius"),
        ([{**ROWS[0], "age": 2**53 + 1}], "2**53"),
        ([{**ROWS[0], "age": True}], "SafeInt"),
        ([{**ROWS[0], "mean_radius": None}], "mean_radius"),
        ([{**ROWS[0], "mean_radius": 1e300}], "too large for the model"),
        ([{"x": 1}] * 500, "Too many errors"),
    ],
)
def test_rows_that_are_refused(http: httpx.Client, rows: Any, said: str) -> None:
    found = errors(ask(http, PREDICT, rows), 422, "invalid-instances")
    assert said in json.dumps(found)


def test_rows_of_all_aliases_count(http: httpx.Client) -> None:
    def aliases(count: int, fields: str) -> str:
        each = " ".join(f"a{n}: predict(instances: $rows) {{ {fields} }}" for n in range(count))
        return f"query ($rows: [InstanceInput!]!) {{ {each} }}"

    assert ask(http, aliases(10, "label"), ROWS[:1] * 100).status_code == 200
    found = errors(ask(http, aliases(11, "label"), ROWS[:1] * 100), 422, "invalid-instances")
    assert found[0]["message"] == "the query has 1100 rows; send at most 1000 at once"
    many = " ".join(f"l{n}: label" for n in range(9))
    found = errors(ask(http, aliases(1, many), ROWS[:1] * 1000), 422, "invalid-instances")
    assert "asks 9000 fields of its rows" in found[0]["message"]


# -- names


def test_names_of_features_become_names_of_graphql() -> None:
    names = ["age", "mean radius", "mean-radius", "mean_radius", "2nd", "__x", "größe", "", "_"]
    assert graphql_names(names) == [
        "age", "mean_radius_2", "mean_radius_3", "mean_radius", "_2nd", "x", "gr_e", "feature", "_",
    ]  # fmt: skip


@given(st.lists(st.text(max_size=6), unique=True, max_size=12))
def test_names_are_valid_and_different(names: list[str]) -> None:
    from graphql import assert_name

    found = graphql_names(names)
    assert len(set(found)) == len(names)
    for name in found:
        assert_name(name)
        assert not name.startswith("__")
