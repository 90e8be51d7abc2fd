"""Bodies on the ordinary route that are not JSON: CSV, JSON Lines and XML."""

import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from modelport_serving.protocols.xml import write_xml
from serving.tiny import FEATURES, GOOD
from serving.workers import AUTH, Worker

NAMES = [feature.name for feature in FEATURES]
ROWS = [[1.5, 40.0, 0.5], [-1.5, 41.0, 0.25]]


@pytest.fixture(scope="module")
def client(everything: Worker) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=everything.url, headers=AUTH, timeout=20, trust_env=False) as made:
        yield made


@pytest.fixture(scope="module")
def wanted(client: httpx.Client) -> list[dict[str, Any]]:
    """What our own protocol answers to the rows."""
    return client.post("/predict", json={"instances": ROWS}).json()["predictions"]


def chances(predictions: list[dict[str, Any]]) -> list[list[float]]:
    return [[each["probabilities"][name] for name in ("low", "high")] for each in predictions]


CSV = "1.5,40,0.5\n-1.5,41,0.25\n"


@pytest.mark.parametrize(
    "body",
    [
        CSV,
        CSV.replace("\n", "\r\n"),
        f"\ufeff{CSV}\n\n",
        "mean radius,age,texture\n" + CSV,
        '"texture","mean radius","age"\n0.5,1.5,40\n0.25,-1.5,41\n',
    ],
)
def test_csv(client: httpx.Client, wanted: list[dict[str, Any]], body: str) -> None:
    headers = {"content-type": "text/csv; charset=utf-8"}
    answer = client.post("/predict", content=body.encode(), headers=headers)
    assert answer.headers["content-type"] == "text/csv"
    lines = [line.split(",") for line in answer.text.splitlines()]
    assert [line[0] for line in lines] == [each["label"] for each in wanted]
    assert [[float(cell) for cell in line[1:]] for line in lines] == chances(wanted)


def test_csv_misses_values(client: httpx.Client) -> None:
    one = client.post("/predict", json={"instances": GOOD}).json()["predictions"]
    text = "1.5,40,\n-1.5,41,0.25\n"
    headers = {"content-type": "text/csv", "accept": "application/json"}
    answer = client.post("/predict", content=text, headers=headers).json()
    assert answer == {"predictions": one}


@pytest.mark.parametrize("media", ["application/jsonlines", "application/x-ndjson"])
def test_json_lines(client: httpx.Client, wanted: list[dict[str, Any]], media: str) -> None:
    named = dict(zip(NAMES, ROWS[1], strict=True))
    body = f"{json.dumps(ROWS[0])}\n\n{json.dumps(named)}\n"
    answer = client.post("/predict", content=body, headers={"content-type": media})
    assert answer.headers["content-type"] == "application/jsonlines"
    assert [json.loads(line) for line in answer.text.splitlines()] == wanted


@pytest.mark.parametrize(
    ("media", "body", "status", "said"),
    [
        ("text/csv", b"\xff", 400, "the body is not UTF-8"),
        ("text/csv", b'1,2,"3\n', 400, "the body is not CSV"),
        ("text/csv", b"", 422, "is empty; send at least one row"),
        ("text/csv", b"1,2\n", 422, "has 2 values; the model takes 3"),
        ("text/csv", b"1,x,3\n", 422, 'is the string "x"'),
        ("text/csv", b"1,true,3\n", 422, 'is the string "true"'),
        ("text/csv", b"radius,age,texture\n1,2,3\n", 422, "is not a feature"),
        ("application/jsonlines", b"[1,2,3]\n[1,\n", 400, "line 2: the body is not JSON"),
        ("application/jsonlines", b"[1,NaN,3]\n", 400, "line 1: the body holds NaN"),
    ],
)
def test_lines_that_are_wrong(
    client: httpx.Client, media: str, body: bytes, status: int, said: str
) -> None:
    answer = client.post("/predict", content=body, headers={"content-type": media})
    assert answer.status_code == status
    assert said in answer.text.replace("\\", "")


XML = """<?xml version="1.0" encoding="UTF-8"?>
<instances>
  <instance>
    <feature name="mean radius">1.5</feature><feature name="age"> 40 </feature>
    <feature name="texture"/>
  </instance>
  <!-- in any order -->
  <instance>
    <feature name="texture">0.25</feature><feature name="mean radius">-1.5</feature>
    <feature name="age">41</feature>
  </instance>
</instances>
"""


@pytest.mark.parametrize("media", ["application/xml", "text/xml; charset=utf-8"])
def test_xml(client: httpx.Client, media: str) -> None:
    one = client.post("/predict", json={"instances": GOOD}).json()["predictions"]
    answer = client.post("/predict", content=XML, headers={"content-type": media})
    assert answer.headers["content-type"] == media.partition(";")[0]
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own answer
    assert root.tag == "predictions"
    assert [each.findtext("label") for each in root] == [each["label"] for each in one]
    found = [
        {it.get("label"): float(it.text or "") for it in each.findall("probability")}
        for each in root
    ]
    assert found == [each["probabilities"] for each in one]


@pytest.mark.parametrize(
    ("given_media", "accept", "media"),
    [
        ("application/xml", "application/json", "application/json"),
        ("application/xml", "text/csv;q=0.5, application/jsonlines", "application/jsonlines"),
        ("application/xml", "*/*", "application/xml"),
        ("application/xml", "image/png", "application/xml"),
        ("text/csv", "text/xml", "text/xml"),
        ("text/csv", "application/xml, text/csv;q=0.9, */*;q=0.1", "application/xml"),
    ],
)
def test_accept_chooses_the_form_of_the_answer(
    client: httpx.Client, given_media: str, accept: str, media: str
) -> None:
    body = XML if "xml" in given_media else CSV
    headers = {"content-type": given_media, "accept": accept}
    answer = client.post("/predict", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)


def test_utf_16_is_xml_too(client: httpx.Client) -> None:
    body = XML.replace("UTF-8", "UTF-16").encode("utf-16")
    headers = {"content-type": "application/xml"}
    assert client.post("/predict", content=body, headers=headers).status_code == 200


BOMB = """<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>
<instances><instance><feature name="age">&b;</feature></instance></instances>"""
EXTERNAL = """<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<instances><instance><feature name="age">&a;</feature></instance></instances>"""
DEEP = "<instances>" + "<a>" * 20_000


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("", 400, "is not XML: see line 1, column 1"),
        ("<instances>", 400, "is not XML"),
        ("<instances>&x;</instances>", 400, "is not XML"),
        (BOMB, 400, "has a document type declaration"),
        (EXTERNAL, 400, "has a document type declaration"),
        ("<!DOCTYPE html><instances/>", 400, "has a document type declaration"),
        ('<?xml version="1.0" encoding="klingon"?><instances/>', 400, "is not"),
        ('<?xml version="1.0" encoding="shift_jis"?><instances/>', 400, "encoding"),
        (DEEP, 400, "is not XML"),
        (DEEP + "</a>" * 20_000 + "</instances>", 422, "<a> is not taken here"),
        ("<rows/>", 422, "<rows> is not taken here; send <instances>"),
        ("<instances/>", 422, "is empty; send at least one row"),
        ("<instances><instance/></instances>", 422, 'instances[0]."age"'),
        ("<instances>" + "<instance/>" * 1001 + "</instances>", 422, "at most 1000"),
        ("<instances><instance><age>1</age></instance></instances>", 422, "send <feature>"),
        ("<instances>1<instance/></instances>", 422, '"1" is outside of a feature'),
        ("<instances><instance><feature>1</feature></instance></instances>", 422, "attribute name"),
        ('<instances n="1"><instance/></instances>', 422, "takes no attribute n"),
        (XML.replace("1.5</", "x</", 1), 422, 'instances[0]."mean radius"'),
        (XML.replace("1.5</", "<b>1</b></", 1), 422, "<b> is inside of a feature"),
        (XML.replace("1.5</", "NaN</", 1), 422, 'is the string "NaN"'),
        (XML.replace("mean radius", "radius"), 422, "is not a feature"),
        (XML.replace("texture", "age"), 422, '"age" is given twice'),
        (XML.replace("1.5</", f"{'1' * 5000}</", 1), 422, "is the string"),
    ],
)
def test_xml_that_is_wrong(client: httpx.Client, body: str, status: int, said: str) -> None:
    answer = client.post("/predict", content=body, headers={"content-type": "application/xml"})
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, document["status"]) == (status, status), document
    faults = [f"{it['path']} {it['detail']}" for it in document.get("errors", ())]
    assert said in " ".join([document["detail"], *faults])


def test_labels_of_any_kind_are_xml() -> None:
    names = ["a<b", 'q"', "\x00", "\ud800", "ä"]
    written = write_xml([{"label": names[0], "probabilities": dict.fromkeys(names, 0.2)}])
    root = ElementTree.fromstring(written)  # noqa: S314 - our own answer
    told = [it.get("label") for it in root.iter("probability")]
    assert told == ["a<b", 'q"', "\ufffd", "\ufffd", "ä"]
    assert b"<value>1e-07</value>" in write_xml([{"value": 1e-7}])
