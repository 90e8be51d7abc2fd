"""Verify against a real HTTP server that answers what it is told to."""

import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from modelport.errors import ServiceError
from modelport.verify import same_answer, verify
from modelport_serving.record import Prediction
from records import VERSION, golden, record


class Told:
    """What the server answers."""

    status = 200
    version: str | None = VERSION
    body: Any = None
    key: str | None = None


@pytest.fixture
def told() -> Told:
    answer = Told()
    answer.body = {
        "predictions": [item.model_dump(exclude_none=True) for item in golden().predictions]
    }
    return answer


@pytest.fixture
def url(told: Told) -> Generator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
            assert sent == {"instances": [[0.25], [0.75]]}
            told.key = self.headers.get("authorization")
            body = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
            self.send_response(told.status)
            if told.version:
                self.send_header("x-modelport-version", told.version)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,)).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def refused(url: str) -> str:
    with pytest.raises(ServiceError) as caught:
        verify(url, record(), golden(), "k", timeout=2)
    return str(caught.value).replace(url, "URL")


def test_a_service_that_repeats_its_answers_is_proved(url: str, told: Told) -> None:
    proved = verify(url, record(), golden(), "k")
    assert (proved.version, proved.answers) == (VERSION, 2)
    assert told.key == "Bearer k"


def test_another_version_is_named(url: str, told: Told) -> None:
    told.version = "aaaa"
    assert refused(url) == f"URL serves version aaaa, wanted {VERSION}"


def test_a_wrong_label_is_shown(url: str, told: Told) -> None:
    told.body["predictions"][1]["label"] = "benign"
    assert refused(url) == (
        "wrong answers from URL: golden row 1: expected malignant (0.750000), got benign (0.250000)"
    )


def test_a_shifted_probability_is_shown(url: str, told: Told) -> None:
    for item in told.body["predictions"]:
        item["probabilities"] = {"malignant": 0.4, "benign": 0.6}
    assert refused(url) == (
        "wrong answers from URL: golden row 0: expected benign (0.750000), got benign (0.600000) "
        "(and 1 more rows)"
    )


def test_missing_answers_are_counted(url: str, told: Told) -> None:
    told.body["predictions"].pop()
    assert refused(url) == "URL gave 1 answers to 2 rows"


@pytest.mark.parametrize("body", [b"<html>", [], {}, {"predictions": 3}, {"predictions": [3]}])
def test_something_else_is_shown(url: str, told: Told, body: object) -> None:
    told.body = body
    assert refused(url).startswith("URL answered something else than predictions: ")


def test_a_refusal_is_shown_with_its_status(url: str, told: Told) -> None:
    told.status, told.body = 401, b'{"title": "no key"}'
    assert refused(url) == 'URL answered 401: {"title": "no key"}'


def test_silence_is_said_so() -> None:
    assert refused("http://127.0.0.1:9").startswith("URL does not answer: ConnectError")


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [(100.0, 100.00001, True), (100.0, 100.1, False), (0.0, 1e-12, True), (0.0, None, False)],
)
def test_values_agree_relatively(expected: float, actual: float | None, same: bool) -> None:
    assert same_answer(Prediction(value=expected), Prediction(value=actual), 1e-6) is same


def test_a_fallback_s_answer_proves_nothing_even_when_it_is_right(url: str, told: Told) -> None:
    told.body |= {"fallback": "late", "fallback_version": "0dd0000000000000"}
    assert "answered by its fallback (late), not by the model" in refused(url)
