"""Lambda runtime: what `modelport_serving.container` does on AWS Lambda.

It asks the Runtime API for the next event, passes it to the application and gives the answer back.
An event is a request of a function URL or of an HTTP API (payload format 2.0), or a direct
invocation with `{"instances": …}`, whose answer is the answer of `/predict`; what `/predict`
refuses is then a function error. When the model cannot be loaded the reason goes to the Runtime
API and, in one line, to the log.

AWS's own client, `awslambdaric`, and `mangum` would do the same. They are not used because every
bundle pins what it serves with, on every platform: two more distributions in all of them, one with
compiled code, against these few calls of http.client, which have not changed since 2018
(https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
"""

import base64
import http.client
import json
import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from modelport_serving.container import own_bento, prepare
from modelport_serving.errors import StartError
from modelport_serving.logs import log_line

_PREFIX = "/2018-06-01/runtime"
_REQUEST_ID = "lambda-runtime-aws-request-id"
_GOOD = range(200, 300)
_COOKIE = "set-cookie"


class EventError(Exception):
    """An invocation that ends as a function error; the message is for its caller."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event."""

    request_id: str
    event: object


class RuntimeApi:
    """The Runtime API at `host:port`."""

    def __init__(self, address: str) -> None:
        # No timeout: between two events the whole environment may be frozen for hours.
        self._connection = http.client.HTTPConnection(address)

    def next(self) -> Invocation:
        """Wait for the next event."""
        headers, body = self._ask("GET", "/invocation/next")
        return Invocation(headers[_REQUEST_ID], json.loads(body))

    def answer(self, request_id: str, content: object) -> None:
        """Give an event's answer."""
        self._ask("POST", f"/invocation/{request_id}/response", content)

    def fail(self, request_id: str, kind: str, message: str) -> None:
        """Report an event that has failed."""
        self._ask("POST", f"/invocation/{request_id}/error", _error(kind, message), kind)

    def fail_start(self, message: str) -> None:
        """Report that no event can be answered."""
        kind = "Modelport.StartError"
        self._ask("POST", "/init/error", _error(kind, message), kind)

    def _ask(
        self, method: str, path: str, content: object = None, kind: str = ""
    ) -> tuple[dict[str, str], bytes]:
        body = None if content is None else json.dumps(content).encode()
        headers = {"content-type": "application/json"} if body else {}
        if kind:
            headers["Lambda-Runtime-Function-Error-Type"] = kind
        self._connection.request(method, _PREFIX + path, body, headers)
        response = self._connection.getresponse()
        text = response.read()
        if response.status not in _GOOD:
            said = text[:200].decode(errors="replace")
            raise StartError(f"the Runtime API answered {path} with {response.status}: {said}")
        return {name.lower(): value for name, value in response.getheaders()}, text


def respond(caller: Any, event: object) -> object:
    """Answer one event.

    Args:
        caller: The application, as `modelport_serving.call.Caller`.
        event: A request in payload format 2.0, or an object with `instances`.

    Raises:
        EventError: it is neither, or a direct invocation that `/predict` refuses.
    """
    if isinstance(event, dict):
        fields = cast("dict[str, Any]", event)
        if "instances" in fields:
            return _direct(caller, fields)
        if isinstance(fields.get("requestContext"), dict) and "http" in fields["requestContext"]:
            return _http(caller, fields)
    raise EventError(
        "Modelport.UnknownEvent",
        "the event is no request of a function URL or HTTP API (payload format 2.0), and has "
        'no "instances"',
    )


def _direct(caller: Any, fields: Mapping[str, Any]) -> object:
    from modelport_serving.call import Request

    headers = (("content-type", "application/json"),)
    found = caller.call(Request("POST", "/predict", "", headers, json.dumps(fields).encode()))
    document = json.loads(found.body)
    if found.status not in _GOOD:
        kind = str(document["type"]).rpartition(":")[2]
        raise EventError(f"Modelport.{kind}", json.dumps(document))
    return document


def _http(caller: Any, event: Mapping[str, Any]) -> object:
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads."""
    from modelport_serving.call import Request

    asked = cast("dict[str, Any]", event["requestContext"])
    stage = f"/{asked.get('stage', '$default')}/"
    path = str(event.get("rawPath") or "/")
    # The path of an HTTP API begins with the name of its stage, unless that is the default one.
    if path.startswith(stage):
        path = path.removeprefix(stage[:-1])
    text = str(event.get("body") or "")
    body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    given = cast("dict[str, str]", event.get("headers") or {})
    headers = tuple((name, str(value)) for name, value in given.items())
    if cookies := cast("list[str]", event.get("cookies") or []):
        headers = (*headers, ("cookie", "; ".join(cookies)))
    query = str(event.get("rawQueryString") or "")
    found = caller.call(Request(str(asked["http"]["method"]), path, query, headers, body))
    try:
        answered, encoded = found.body.decode(), False
    except UnicodeDecodeError:
        answered, encoded = base64.b64encode(found.body).decode(), True
    return {
        "statusCode": found.status,
        "headers": {name: value for name, value in found.headers if name != _COOKIE},
        "cookies": [value for name, value in found.headers if name == _COOKIE],
        "body": answered,
        "isBase64Encoded": encoded,
    }


def serve(api: RuntimeApi, caller: Any) -> NoReturn:
    """Answer one event after the other."""
    while True:
        invocation = api.next()
        try:
            content = respond(caller, invocation.event)
        except EventError as error:
            api.fail(invocation.request_id, error.kind, str(error))
        except Exception as error:  # the environment goes on with the next event
            text = "".join(traceback.format_exception(error))
            log_line("failure", request_id=invocation.request_id, traceback=text)
            api.fail(
                invocation.request_id, "Modelport.internal", "the function failed; see its log"
            )
        else:
            api.answer(invocation.request_id, content)


def run(address: str) -> None:
    """Load the bundle and answer the events of the Runtime API at `host:port`, for ever.

    Arguments of the process do not count: Lambda passes a handler's name.
    """
    bento = own_bento()
    # Before BentoML is imported: it reads its home once.
    os.environ.update(prepare(os.environ, bento))
    api = RuntimeApi(address)
    try:
        from modelport_serving.call import start

        serve(api, start(bento))
    except StartError as error:
        sys.stderr.write(f"cannot start: {error}\n")
        api.fail_start(str(error))
        sys.exit(1)


def _error(kind: str, message: str) -> dict[str, object]:
    return {"errorType": kind, "errorMessage": message, "stackTrace": []}
