"""The door to Google's REST APIs, against a server that answers as it is told."""

import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from modelport.cloud import google
from modelport.cloud.google import (
    ENDPOINT,
    ConflictError,
    Google,
    NotFoundError,
    access_token,
    id_token,
)
from modelport.errors import ServiceError

ADDRESS = "https://europe-west4-aiplatform.googleapis.com/v1"
PERMISSION_DENIED = {
    "error": {
        "code": 403,
        "message": "Permission 'aiplatform.models.upload' denied on resource "
        "'//aiplatform.googleapis.com/projects/p/locations/europe-west4' (or it may not exist).",
        "status": "PERMISSION_DENIED",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "IAM_PERMISSION_DENIED",
                "domain": "aiplatform.googleapis.com",
                "metadata": {"permission": "aiplatform.models.upload"},
            }
        ],
    }
}


def error(code: int, message: str, status: str = "") -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status}}


class Told:
    """Answers one after the other, the last one again and again; none breaks the connection."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any] | None] = []
        self.seen: list[tuple[str, str, dict[str, str]]] = []

    def next(self) -> tuple[int, Any] | None:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Generator[Told]:
    told = Told()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            self.rfile.read(length)
            told.seen.append((self.command, self.path, dict(self.headers)))
            answer = told.next()
            if answer is None:
                self.close_connection = True
                return
            body = json.dumps(answer[1]).encode() if answer[1] != "" else b""
            self.send_response(answer[0])
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr(google, "_BACKOFF", 0.01)
    monkeypatch.setattr(google, "_SHORTEST", 0.01)
    yield told
    server.shutdown()
    server.server_close()


def test_another_address_keeps_the_version_and_gets_no_credentials(told: Told) -> None:
    told.answers = [(200, {"name": "x"})]
    assert Google(ADDRESS).get("projects/p/locations/r/models/x", {"pageSize": "3"})["name"] == "x"
    method, path, headers = told.seen[0]
    assert (method, path) == ("GET", "/v1/projects/p/locations/r/models/x?pageSize=3")
    assert "authorization" not in {key.lower() for key in headers}
    assert id_token("https://service.example") == "offline"


def test_a_missing_permission_is_named(told: Told) -> None:
    told.answers = [(403, PERMISSION_DENIED)]
    with pytest.raises(ServiceError, match=r"403: .*; grant aiplatform\.models\.upload to the"):
        Google(ADDRESS).get("x")
    told.answers = [(403, {"error": {**PERMISSION_DENIED["error"], "details": []}})]
    with pytest.raises(ServiceError, match=r"; grant aiplatform\.models\.upload to the account"):
        Google(ADDRESS).get("x")


@pytest.mark.parametrize(
    ("code", "kind"), [(404, NotFoundError), (409, ConflictError), (400, ServiceError)]
)
def test_what_callers_may_catch(told: Told, code: int, kind: type[ServiceError]) -> None:
    told.answers = [(code, error(code, "The thing."))]
    with pytest.raises(kind) as caught:
        Google(ADDRESS).post("x", {})
    assert type(caught.value) is kind
    assert str(caught.value) == f"Google answered {code}: The thing"


def test_reading_is_tried_again_and_making_is_not(told: Told) -> None:
    busy = (503, error(503, "busy"))
    told.answers = [busy, None, busy, (200, {"ok": True})]
    assert Google(ADDRESS).get("x") == {"ok": True}
    assert len(told.seen) == 4

    told.seen.clear()
    told.answers = [busy, (200, {})]
    with pytest.raises(ServiceError, match="503: busy"):
        Google(ADDRESS).post("x", {})
    assert len(told.seen) == 1


def test_making_under_a_chosen_name_is_tried_again(told: Told) -> None:
    told.answers = [None, (409, error(409, "there already"))]
    with pytest.raises(ConflictError):
        Google(ADDRESS).post("x", {}, repeat=True)


def test_a_quota_is_given_up_after_some_tries(told: Told) -> None:
    told.answers = [(429, error(429, "Quota exceeded for custom_model_serving_cpus"))]
    with pytest.raises(ServiceError, match=r"custom_model_serving_cpus; ask for a higher quota"):
        Google(ADDRESS).get("x")
    assert len(told.seen) == 5


def test_no_answer_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setattr(google, "_BACKOFF", 0.01)
    with pytest.raises(ServiceError, match=r"http://127\.0\.0\.1:9/v1/x does not answer: Connect"):
        Google(ADDRESS).get("x")


def test_an_answer_that_is_no_json(told: Told) -> None:
    told.answers = [(400, "")]
    with pytest.raises(ServiceError, match="Google answered 400"):
        Google(ADDRESS).get("x")


def test_a_long_operation_is_waited_for(told: Told) -> None:
    told.answers = [
        (200, {"name": "operations/1"}),
        (200, {"name": "operations/1", "done": True, "response": {"model": "m"}}),
    ]
    texts: list[str] = []
    assert Google(ADDRESS).wait({"name": "operations/1"}, 10, texts.append) == {"model": "m"}
    assert texts == ["waiting for Google, 0 s"] * 2


def test_a_failed_operation_and_one_that_does_not_end(told: Told) -> None:
    told.answers = [(200, {"name": "o", "done": True, "error": {"code": 9, "message": "no GPUs"}})]
    with pytest.raises(ServiceError, match="Google: no GPUs"):
        Google(ADDRESS).wait({"name": "o"}, 10)
    told.answers = [(200, {"name": "o"})]
    with pytest.raises(ServiceError, match="o has not ended after 0 s"):
        Google(ADDRESS).wait({"name": "o"}, 0.05)


def test_lists_are_read_page_after_page(told: Told) -> None:
    told.answers = [
        (200, {"operations": [{"name": "1"}], "nextPageToken": "t"}),
        (200, {"operations": [{"name": "2"}]}),
    ]
    assert [item["name"] for item in Google(ADDRESS).pages("x", "operations")] == ["1", "2"]
    assert told.seen[1][1] == "/v1/x?pageToken=t"


def test_no_credentials_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    monkeypatch.setattr(google, "_KEPT", {})
    with pytest.raises(ServiceError, match=r"takes no credentials from here: .*/nowhere/key\.json"):
        access_token()


class Credentials:
    """As google-auth gives them."""

    def __init__(self) -> None:
        self.token = ""
        self.refreshed = 0

    @property
    def valid(self) -> bool:
        return bool(self.token)

    def refresh(self, request: object) -> None:
        del request
        self.refreshed += 1
        self.token = f"t{self.refreshed}"


def test_a_token_is_kept_while_it_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = Credentials()
    monkeypatch.setattr(google, "_KEPT", {"credentials": credentials})
    assert access_token() == access_token() == "t1"
    credentials.token = ""
    assert access_token() == "t2"
