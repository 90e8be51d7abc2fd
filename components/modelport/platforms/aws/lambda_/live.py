"""The live service of kind `aws.lambda`: its alias, read back, asked and moved by AWS's API."""

import base64
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

from modelport.cloud import aws
from modelport.errors import ServiceError
from modelport.live.service import Answer, Found, LiveService
from modelport.platforms.asking import post
from modelport.platforms.aws.firing import firing_alarms
from modelport.rollout import Counts

_ALIAS = "live"
_MARK = ", revision "
"""Comes before the revision in the description of a version."""
_PATH = "/predict"
_MINUTE = 60


class Service(LiveService):
    """An alias; each published version names its revision in its description.

    A version that is not the newest of its revision is called `<revision>-v<number>`, so that
    what only looks like the wanted one is still moved on.
    """

    kind: ClassVar[str] = "aws.lambda"
    moves_traffic: ClassVar[bool] = True

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.kind} function {self.names['function']} in {self.names['region']}"

    def read(self) -> Found:
        """Alias, image and copies that are kept warm.

        Raises:
            ServiceError: AWS refuses to say.
        """
        alias = self._call("get_alias", "to read the alias", missing=True, Name=_ALIAS)
        if alias is None:
            return Found("gone")
        names = self._revisions()
        weights = _weights(alias)
        traffic = {names.get(number, number): share for number, share in weights.items()}
        main = max(weights, key=lambda number: weights[number])
        state, detail, warm = self._warm()
        version = self._call("get_function", "to read the function", Qualifier=main) or {}
        about = cast("dict[str, Any]", version.get("Configuration") or {})
        code = cast("dict[str, Any]", version.get("Code") or {})
        if about.get("State") in ("Pending", "Failed") and state == "ready":
            state = "changing" if about["State"] == "Pending" else "failed"
            detail = str(about.get("StateReason") or about["State"])
        image = str(code.get("ResolvedImageUri") or code.get("ImageUri") or "")
        return Found(
            state="failed" if state == "failed" else "changing" if state == "changing" else "ready",
            detail=detail,
            revision=names.get(main, main),
            digest=image.partition("@")[2],
            traffic=traffic,
            replicas=warm,
        )

    def ask(self, body: bytes, key: str | None, timeout: float) -> Answer:
        """One prediction, as callers ask: by URL, signed with IAM or with the key, or by Lambda.

        Raises:
            ServiceError: there was no answer.
        """
        if self.names.get("ask") != "url":
            return self._invoke(_ALIAS, body, key)
        url = f"{self.names['url']}{_PATH}"
        if key is not None:
            return post(url, body, timeout, token=key)
        host = urlsplit(url).hostname or ""
        service = "lambda" if ".lambda-url." in host else "execute-api"
        signed = aws.signed_headers("POST", url, body, service=service, region=self.names["region"])
        return post(url, body, timeout, headers=signed)

    def ask_revision(
        self, revision: str, body: bytes, key: str | None, timeout: float
    ) -> Answer | None:
        """The revision's newest version, whatever the alias says."""
        del timeout  # the client has one
        return self._invoke(self._number(revision), body, key)

    def shift(self, weights: Mapping[str, int]) -> None:
        """Write the weights of the alias; Lambda follows within moments.

        Raises:
            ServiceError: a revision has no version, or AWS refuses.
        """
        order = sorted(weights, key=lambda revision: -weights[revision])
        numbers = {revision: self._number(revision) for revision in order if weights[revision]}
        first, *others = numbers
        shared = {numbers[revision]: weights[revision] / 100 for revision in others}
        self._call(
            "update_alias",
            f"to move the alias of {self.names['function']}",
            Name=_ALIAS,
            FunctionVersion=numbers[first],
            RoutingConfig={"AdditionalVersionWeights": shared},
        )

    def counts(self, revision: str, since: float) -> Counts | None:
        """Requests and failures of the revision's newest version behind the alias.

        CloudWatch counts by the minute and is some minutes late.

        Raises:
            ServiceError: AWS refuses to say.
        """
        function = self.names["function"]
        where = [
            {"Name": "FunctionName", "Value": function},
            {"Name": "Resource", "Value": f"{function}:{_ALIAS}"},
            {"Name": "ExecutedVersion", "Value": self._number(revision)},
        ]
        queries = [
            {
                "Id": name.lower(),
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/Lambda",
                        "MetricName": name,
                        "Dimensions": where,
                    },
                    "Period": _MINUTE,
                    "Stat": "Sum",
                },
            }
            for name in ("Invocations", "Errors")
        ]
        begun = datetime.fromtimestamp(since - since % _MINUTE, UTC)
        found = aws.asked(
            f"to count the requests of {function}",
            lambda: aws.client("cloudwatch", self.names["region"]).get_metric_data(
                MetricDataQueries=queries,
                StartTime=begun,
                EndTime=datetime.fromtimestamp(time.time() + _MINUTE, UTC),
            ),
        )
        sums = {item["Id"]: int(sum(item["Values"])) for item in found["MetricDataResults"]}
        return Counts(sums.get("invocations", 0), sums.get("errors", 0))

    def firing(self) -> tuple[str, ...]:
        """Names of the function's alarms that fire now."""
        return firing_alarms(self.names["region"], self.names["function"])

    def _call(
        self, method: str, what: str, *, missing: bool = False, **arguments: Any
    ) -> dict[str, Any] | None:
        """One call about the function; none where it or what was asked for is not there."""
        client = aws.client("lambda", self.names["region"])
        name = self.names["function"]
        return aws.asked(
            f"{what} of {name}",
            lambda: getattr(client, method)(FunctionName=name, **arguments),
            absent=_ABSENT if missing else (),
        )

    def _versions(self) -> list[tuple[int, str]]:
        """Number and revision of every published version, oldest first."""
        name = self.names["function"]
        pages = aws.client("lambda", self.names["region"]).get_paginator(
            "list_versions_by_function"
        )
        versions = aws.asked(
            f"to list the versions of {name}",
            lambda: [
                version
                for page in pages.paginate(FunctionName=name)
                for version in page["Versions"]
            ],
        )
        named = [
            (str(version["Version"]), str(version.get("Description", "")).partition(_MARK)[2])
            for version in versions
        ]
        return sorted(
            (int(number), revision) for number, revision in named if number.isdigit() and revision
        )

    def _revisions(self) -> dict[str, str]:
        """What each version is called."""
        versions = self._versions()
        newest = {revision: number for number, revision in versions}
        return {
            str(number): revision if newest[revision] == number else f"{revision}-v{number}"
            for number, revision in versions
        }

    def _number(self, revision: str) -> str:
        for number, name in self._revisions().items():
            if name == revision:
                return number
        message = f"{self.title}: no published version is of revision {revision}"
        raise ServiceError(message)

    def _warm(self) -> tuple[str, str, int | None]:
        """State of the copies that are kept warm, its reason, and how many there are."""
        found = self._call(
            "get_provisioned_concurrency_config",
            "to read the provisioned concurrency",
            missing=True,
            Qualifier=_ALIAS,
        )
        if found is None:
            return "ready", "", None
        states = {"READY": "ready", "FAILED": "failed"}
        reason = str(found.get("StatusReason") or "copies are being started")
        state = states.get(str(found.get("Status")), "changing")
        ready = int(found.get("AvailableProvisionedConcurrentExecutions") or 0)
        return state, "" if state == "ready" else reason, ready

    def _invoke(self, qualifier: str, body: bytes, key: str | None) -> Answer:
        """Call Lambda itself with the request as a function URL or an HTTP API would pass it on."""
        found = self._call(
            "invoke",
            "to invoke version or alias",
            Qualifier=qualifier,
            Payload=json.dumps(http_event(body, key)).encode(),
        )
        answer = found or {}
        payload: bytes = answer["Payload"].read()
        if answer.get("FunctionError"):
            said = payload[:300].decode(errors="replace")
            message = f"{self.title} failed: {answer['FunctionError']}: {said}"
            raise ServiceError(message)
        return http_answer(payload)


_ABSENT = ("ResourceNotFoundException", "ProvisionedConcurrencyConfigNotFoundException")


def http_event(body: bytes, key: str | None) -> dict[str, Any]:
    """A request in payload format 2.0, which function URLs and HTTP APIs share.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    headers = {"content-type": "application/json", "host": "lambda"}
    if key is not None:
        headers["authorization"] = f"Bearer {key}"
    now = datetime.now(UTC)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": _PATH,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "modelport",
            "domainName": "lambda",
            "domainPrefix": "lambda",
            "http": {
                "method": "POST",
                "path": _PATH,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "modelport",
            },
            "requestId": "modelport",
            "routeKey": "$default",
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def http_answer(payload: bytes) -> Answer:
    """The answer in such a payload.

    Raises:
        ServiceError: it is none.
    """
    try:
        found: Any = json.loads(payload)
        text = str(found.get("body") or "")
        body = base64.b64decode(text) if found.get("isBase64Encoded") else text.encode()
        headers = {str(name): str(value) for name, value in (found.get("headers") or {}).items()}
        return Answer(int(found["statusCode"]), body, headers)
    except (ValueError, KeyError, AttributeError, TypeError):
        said = payload[:300].decode(errors="replace")
        message = f"the function answered what is no HTTP answer: {said}"
        raise ServiceError(message) from None


def _weights(alias: Mapping[str, Any]) -> dict[str, int]:
    """Percent by version number."""
    routing = cast("dict[str, Any]", alias.get("RoutingConfig") or {})
    others = cast("dict[str, float]", routing.get("AdditionalVersionWeights") or {})
    shares = {number: round(weight * 100) for number, weight in others.items() if weight}
    return {str(alias["FunctionVersion"]): 100 - sum(shares.values()), **shares}
