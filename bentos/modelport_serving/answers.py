"""Answers: another worker's answer, read and compared with this one's."""

import asyncio
import json
import math
from typing import NoReturn, cast

from modelport_serving.body import INLINE_BYTES
from modelport_serving.fallback import FALLBACK_HEADER
from modelport_serving.forward import VERSION_HEADER, Answer

PASSED_BACK = (400, 413, 415, 422)
"""Status codes that blame the request; beside 2xx they are answers, everything else is an error."""
RELATIVE = 1e-6
"""Largest relative difference of two values that agree."""


class AnswerError(Exception):
    """An answer is none that a caller may get; the message says why."""


async def check(answer: Answer) -> None:
    """Refuse an answer that no caller may get; raises `AnswerError`."""
    if VERSION_HEADER not in answer.headers:
        raise AnswerError("the answer names no version")
    if FALLBACK_HEADER in answer.headers:
        raise AnswerError("the answer is its fallback's")
    if answer.status in PASSED_BACK:
        return
    if not 200 <= answer.status < 300:
        raise AnswerError(f"the answer's status is {answer.status}")
    if len(answer.body) <= INLINE_BYTES:
        _predictions(answer.body)
    else:
        await asyncio.to_thread(_predictions, answer.body)


async def agree(ours: bytes, theirs: bytes) -> bool:
    """Whether two bodies with predictions say the same: labels, or values within `RELATIVE`."""
    if len(ours) + len(theirs) <= INLINE_BYTES:
        return _same(ours, theirs)
    return await asyncio.to_thread(_same, ours, theirs)


def _same(ours: bytes, theirs: bytes) -> bool:
    left, right = _predictions(ours), _predictions(theirs)
    return len(left) == len(right) and all(map(_equal, left, right))


def _equal(left: dict[str, object], right: dict[str, object]) -> bool:
    if left.get("label") != right.get("label"):
        return False
    one, other = left.get("value"), right.get("value")
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=1e-12)
    return one == other


def _predictions(body: bytes) -> list[dict[str, object]]:
    try:
        document: object = json.loads(body, parse_constant=_constant)
    except (ValueError, RecursionError):
        raise AnswerError("the answer is not JSON") from None
    found: object = None
    if isinstance(document, dict):
        found = cast("dict[str, object]", document).get("predictions")
    if not isinstance(found, list):
        raise AnswerError("the answer holds no predictions")
    items = cast("list[object]", found)
    if not all(isinstance(item, dict) for item in items):
        raise AnswerError("the answer's predictions are malformed")
    return cast("list[dict[str, object]]", items)


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
