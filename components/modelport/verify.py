"""Verify: prove that a live service is the one that was asked for.

The service must name the bundle's version and repeat the bundle's golden answers. Nothing else
makes a deployment successful.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError

from modelport.errors import ServiceError
from modelport_serving.record import BundleRecord, Golden, Prediction

NOT_VERIFIED = "not verified (offline)"
"""What stands where a proof would: nothing was deployed, so nothing was asked."""
VERSION_HEADER = "x-modelport-version"
T = TypeVar("T")
_LIMITED_TRIES = 10
"""How often a service that limits its callers is asked again."""
_MOST_WAIT = 5.0
"""Seconds to wait for it at most, each time."""


class WrongAnswers(ServiceError):  # noqa: N818 - what was found, not an accident
    """A service answered, and not as the evaluated model did."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was proved."""

    version: str
    """Version that the service named."""
    answers: int
    """Number of golden answers that it repeated."""

    def __str__(self) -> str:
        return f"{self.answers} golden answers"


def verify(
    url: str, record: BundleRecord, golden: Golden, key: str | None, timeout: float = 10
) -> Verification:
    """Send the golden requests to `url` and compare version and answers.

    Args:
        url: Base address, e.g. `http://127.0.0.1:3000`.
        record: The bundle that was asked for.
        golden: Its requests with expected answers.
        key: API key; none when the service needs none.
        timeout: Seconds for each request.

    Raises:
        ServiceError: the service does not answer, names another version or answers differently.
    """
    response = patiently(
        lambda: _ask(url, golden, key, timeout),
        lambda found: limited_for(found.status_code, found.headers.get("retry-after")),
        tries=_LIMITED_TRIES,
    )
    version = response.headers.get(VERSION_HEADER)
    return check_answer(url, response.status_code, version, response.text, record, golden)


def verify_ready(url: str, record: BundleRecord, timeout: float = 10) -> None:
    """Ask `url`, without a key, whether the bundle is ready there.

    Raises:
        ServiceError: it is not, or another version is.
    """
    response = _sent(url, "GET", "/readyz", timeout)
    version = response.headers.get(VERSION_HEADER)
    if response.status_code != 200 or version != record.version:
        message = f"{url} is not ready with version {record.version}: {_short(response.text)}"
        raise ServiceError(message)


def limited_for(status: int, retry_after: str | None) -> float | None:
    """Seconds to wait where a service answers that this caller asks too often; none where not."""
    if status != 429:
        return None
    plain = retry_after is not None and retry_after.isdigit()
    return min(_MOST_WAIT, float(retry_after or 0)) if plain else 1.0


def patiently(ask: Callable[[], T], wait: Callable[[T], float | None], *, tries: int) -> T:
    """Ask, and ask again as long as the service limits this caller.

    Args:
        ask: Sends the request.
        wait: Seconds to wait before the next one, by the answer; none: it is an answer.
        tries: How often it is asked again at most.

    Returns:
        The last answer.
    """
    answer = ask()
    for _ in range(tries):
        pause = wait(answer)
        if pause is None:
            break
        time.sleep(pause)
        answer = ask()
    return answer


def golden_body(golden: Golden) -> dict[str, Any]:
    """The golden requests as the body of one prediction request."""
    return {"instances": [list(row) for row in golden.instances]}


def check_answer(
    where: str,
    status: int,
    version: str | None,
    text: str,
    record: BundleRecord,
    golden: Golden,
    *,
    unnamed: bool = False,
) -> Verification:
    """Compare a service's answer to the golden requests with what it must be.

    Args:
        where: What messages call the service.
        status: HTTP status of the answer.
        version: Version that it names.
        text: Its body.
        record: The bundle that was asked for.
        golden: Its requests with expected answers.
        unnamed: Whether an answer that names no version is compared all the same.

    Raises:
        WrongAnswers: it is an answer of another model, or none of a model.
        ServiceError: it is a refusal, or of another version.
    """
    if not 200 <= status <= 299:
        message = f"{where} answered {status}: {_short(text)}"
        raise ServiceError(message)
    if version != record.version and not (unnamed and version is None):
        message = f"{where} serves version {version or 'unknown'}, wanted {record.version}"
        raise ServiceError(message)
    try:
        document = json.loads(text)
        found = [Prediction.model_validate(item) for item in document["predictions"]]
    except (ValueError, KeyError, TypeError, ValidationError):
        message = f"{where} answered something else than predictions: {_short(text)}"
        raise WrongAnswers(message) from None
    if "fallback" in document:
        # Its answers may even be right, and are not this model's.
        message = f"{where} answered by its fallback ({document['fallback']}), not by the model"
        raise WrongAnswers(message)
    if len(found) != len(golden.predictions):
        message = f"{where} gave {len(found)} answers to {len(golden.predictions)} rows"
        raise WrongAnswers(message)
    wrong = [
        f"golden row {row}: expected {_text(expected)}, got {_text(actual)}"
        for row, (expected, actual) in enumerate(zip(golden.predictions, found, strict=True))
        if not same_answer(expected, actual, golden.tolerance)
    ]
    if wrong:
        more = f" (and {len(wrong) - 1} more rows)" if len(wrong) > 1 else ""
        message = f"wrong answers from {where}: {wrong[0]}{more}"
        raise WrongAnswers(message)
    return Verification(record.version, len(found))


def same_answer(expected: Prediction, actual: Prediction, tolerance: float) -> bool:
    """Whether two answers agree: same label, probabilities and value within `tolerance`."""
    if expected.label != actual.label:
        return False
    if expected.value is not None or actual.value is not None:
        if expected.value is None or actual.value is None:
            return False
        return math.isclose(expected.value, actual.value, rel_tol=tolerance, abs_tol=1e-9)
    wanted, found = expected.probabilities or {}, actual.probabilities or {}
    return wanted.keys() == found.keys() and all(
        math.isclose(wanted[label], found[label], rel_tol=0, abs_tol=tolerance) for label in wanted
    )


def bearer_header(key: str | None) -> dict[str, str]:
    """The header that shows a key or a token; none where there is none."""
    return {"authorization": f"Bearer {key}"} if key else {}


def _ask(url: str, golden: Golden, key: str | None, timeout: float) -> httpx.Response:
    return _sent(
        url, "POST", "/predict", timeout, json=golden_body(golden), headers=bearer_header(key)
    )


def _sent(url: str, method: str, path: str, timeout: float, **more: Any) -> httpx.Response:
    try:
        # No proxy of the environment: the service is ours, and proxies do not reach loopback.
        with httpx.Client(trust_env=False, timeout=timeout) as client:
            return client.request(method, f"{url}{path}", **more)
    except httpx.HTTPError as error:
        message = f"{url} does not answer: {type(error).__name__}: {error}"
        raise ServiceError(message) from None


def _text(prediction: Prediction) -> str:
    if prediction.label is None:
        return f"{prediction.value:.6g}"
    share = (prediction.probabilities or {}).get(prediction.label)
    return prediction.label if share is None else f"{prediction.label} ({share:.6f})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:197] + "..."
