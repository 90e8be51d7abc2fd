"""Verify: prove that a live service is the one that was asked for.

The service must name the bundle's version and repeat the bundle's golden answers. Nothing else
makes a deployment successful.
"""

import math
from dataclasses import dataclass

import httpx
from pydantic import ValidationError

from modelport.errors import ServiceError
from modelport_serving.record import BundleRecord, Golden, Prediction

NOT_VERIFIED = "not verified (offline)"
"""What stands where a proof would: nothing was deployed, so nothing was asked."""
VERSION_HEADER = "x-modelport-version"


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
    response = _ask(url, golden, key, timeout)
    version = response.headers.get(VERSION_HEADER)
    if version != record.version:
        message = f"{url} serves version {version or 'unknown'}, wanted {record.version}"
        raise ServiceError(message)
    try:
        found = [Prediction.model_validate(item) for item in response.json()["predictions"]]
    except (ValueError, KeyError, TypeError, ValidationError):
        message = f"{url} answered something else than predictions: {_short(response.text)}"
        raise ServiceError(message) from None
    if len(found) != len(golden.predictions):
        message = f"{url} gave {len(found)} answers to {len(golden.predictions)} rows"
        raise ServiceError(message)
    wrong = [
        f"golden row {row}: expected {_text(expected)}, got {_text(actual)}"
        for row, (expected, actual) in enumerate(zip(golden.predictions, found, strict=True))
        if not same_answer(expected, actual, golden.tolerance)
    ]
    if wrong:
        more = f" (and {len(wrong) - 1} more rows)" if len(wrong) > 1 else ""
        message = f"wrong answers from {url}: {wrong[0]}{more}"
        raise ServiceError(message)
    return Verification(version, len(found))


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


def _ask(url: str, golden: Golden, key: str | None, timeout: float) -> httpx.Response:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    body = {"instances": [list(row) for row in golden.instances]}
    try:
        # No proxy of the environment: the service is ours, and proxies do not reach loopback.
        with httpx.Client(trust_env=False, timeout=timeout) as client:
            response = client.post(f"{url}/predict", json=body, headers=headers)
    except httpx.HTTPError as error:
        message = f"{url} does not answer: {type(error).__name__}: {error}"
        raise ServiceError(message) from None
    if not response.is_success:
        message = f"{url} answered {response.status_code}: {_short(response.text)}"
        raise ServiceError(message)
    return response


def _text(prediction: Prediction) -> str:
    if prediction.label is None:
        return f"{prediction.value:.6g}"
    share = (prediction.probabilities or {}).get(prediction.label)
    return prediction.label if share is None else f"{prediction.label} ({share:.6f})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:197] + "..."
