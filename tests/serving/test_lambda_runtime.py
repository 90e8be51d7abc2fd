"""The entry point on AWS Lambda: a real process that talks to a real Runtime API."""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelport.conformance.runtime_api import RuntimeApiServer
from serving.containers import Entry
from serving.test_lifecycle import copy_of
from serving.tiny import GOOD
from serving.workers import home_of

ROWS = json.dumps({"instances": GOOD})


@pytest.fixture(scope="module")
def api(bento: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RuntimeApiServer]:
    """A Runtime API with a running function behind it."""
    server = RuntimeApiServer()
    variables = {"AWS_LAMBDA_RUNTIME_API": server.address, "MODELPORT_AUTH": "platform"}
    entry = Entry(bento, tmp_path_factory.mktemp("lambda"))
    runtime = entry.start("container", variables, "handler.that.is.ignored")
    yield server
    runtime.process.kill()
    runtime.process.wait(20)
    server.close()


def request(
    path: str = "/predict", *, method: str = "POST", body: str = ROWS, **more: Any
) -> dict[str, Any]:
    """An event in payload format 2.0."""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "content-length": "3"},
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
        "body": body,
        "isBase64Encoded": False,
    } | more


def test_a_request_of_a_function_url(api: RuntimeApiServer) -> None:
    kind, answer = api.invoke(request())
    assert kind == "response"
    assert answer["statusCode"] == 200
    assert answer["isBase64Encoded"] is False
    assert answer["headers"]["x-modelport-version"] == "00ff00ff00ff00ff"
    labels = [item["label"] for item in json.loads(answer["body"])["predictions"]]
    assert labels == ["high", "low"]


def test_base64_stages_and_probes(api: RuntimeApiServer) -> None:
    encoded = base64.b64encode(ROWS.encode()).decode()
    stage = {"http": {"method": "POST"}, "stage": "live"}
    event = request("/live/predict", body=encoded, isBase64Encoded=True, requestContext=stage)
    assert api.invoke(event)[1]["statusCode"] == 200
    ready = api.invoke(request("/readyz", method="GET", body=""))[1]
    assert json.loads(ready["body"])["status"] == "ready"


def test_a_refused_request_is_an_http_answer(api: RuntimeApiServer) -> None:
    kind, answer = api.invoke(request(body='{"instances": [[1]]}'))
    assert (kind, answer["statusCode"]) == ("response", 422)
    assert json.loads(answer["body"])["errors"][0]["detail"] == "has 1 values; the model takes 3"
    assert api.invoke(request("/nowhere"))[1]["statusCode"] == 404


def test_a_direct_invocation(api: RuntimeApiServer) -> None:
    kind, answer = api.invoke({"instances": GOOD})
    assert (kind, answer["model"]) == ("response", "tiny@00ff00ff00ff00ff")
    kind, answer = api.invoke({"instances": []})
    assert (kind, answer["errorType"]) == ("error", "Modelport.invalid-instances")
    assert "send at least one row" in answer["errorMessage"]


@pytest.mark.parametrize("event", [{}, [], "text", {"Records": []}, {"requestContext": {}}])
def test_other_events_fail_with_what_is_taken(api: RuntimeApiServer, event: Any) -> None:
    kind, answer = api.invoke(event)
    assert (kind, answer["errorType"]) == ("error", "Modelport.UnknownEvent")
    assert "payload format 2.0" in answer["errorMessage"]
    # And the next one is answered.
    assert api.invoke({"instances": GOOD})[0] == "response"


def test_a_broken_event_does_not_end_the_function(api: RuntimeApiServer) -> None:
    kind, answer = api.invoke(request(body="%", isBase64Encoded=True))
    assert (kind, answer["errorMessage"]) == ("error", "the function failed; see its log")
    assert api.invoke({"instances": GOOD})[0] == "response"


def test_a_model_that_cannot_be_loaded_is_reported(bento: Path, tmp_path: Path) -> None:
    copied = copy_of(bento, tmp_path)
    shutil.rmtree(home_of(copied) / "models" / "tiny")
    server = RuntimeApiServer()
    variables = {"AWS_LAMBDA_RUNTIME_API": server.address, "MODELPORT_AUTH": "platform"}
    entry = Entry(copied, tmp_path).start("container", variables)
    content, kind = server.failed_start()
    assert entry.process.wait(20) == 1
    server.close()
    assert content["errorType"] == kind == "Modelport.StartError"
    assert "tiny:00ff00ff00ff00ff" in content["errorMessage"]
    [line] = entry.lines()
    assert line == f"cannot start: {content['errorMessage']}"
