"""Capturer: writes predictions down, and reads what was true in the end.

Both are lines of the log, joined by the request's id, so that every platform keeps them where it
keeps the log and forgets them when it forgets the log.
"""

import math
from typing import Any, cast

from modelport_serving.capture import Capture
from modelport_serving.credit import Credit
from modelport_serving.exchange import REQUEST_ID
from modelport_serving.instances import Fault, Rows
from modelport_serving.problems import ProblemError
from modelport_serving.record import Signature

MOST_ROWS = 100
"""Rows of one request that are captured at most: platforms cut lines at 256 KB."""
_SHORT = 200


class Capturer:
    """Chooses requests, and writes them down without what is redacted.

    Args:
        capture: Which, and what is left out; it must fit.
        signature: What the model takes and answers.
    """

    def __init__(self, capture: Capture, signature: Signature) -> None:
        self._credit = Credit(capture.percent)
        self._signature = signature
        self._kept = [
            (index, feature.name)
            for index, feature in enumerate(signature.features)
            if feature.name not in capture.redact
        ]

    def line(self, rows: Rows, predictions: list[dict[str, Any]]) -> dict[str, Any] | None:
        """The fields of a captured request's line; nothing when it is not its turn."""
        if not self._credit.turn():
            return None
        kept = rows[:MOST_ROWS].tolist()
        return {
            "rows": len(rows),
            "instances": [
                {name: None if math.isnan(row[index]) else row[index] for index, name in self._kept}
                for row in kept
            ],
            "predictions": predictions[:MOST_ROWS],
        }

    def feedback(self, document: object) -> dict[str, Any]:
        """Read what a caller says was true of a request.

        Raises:
            ProblemError: it is malformed; all faults at once.
        """
        faults: list[Fault] = []
        fields = cast("dict[str, object]", document) if isinstance(document, dict) else {}
        for name in fields.keys() - {"request_id", "actual"}:
            faults.append(Fault(str(name)[:_SHORT], "is unknown; send request_id and actual"))
        request_id = fields.get("request_id")
        if not isinstance(request_id, str) or not (
            request_id.isascii() and REQUEST_ID.fullmatch(request_id.encode())
        ):
            faults.append(Fault("request_id", "must be the X-Request-Id of a prediction"))
        actual = fields.get("actual")
        values = cast("list[object]", actual) if isinstance(actual, list) else [actual]
        if not 0 < len(values) <= MOST_ROWS:
            faults.append(Fault("actual", f"must hold 1 to {MOST_ROWS} values"))
        else:
            faults += [
                Fault(f"actual[{index}]", f"must be {self._wanted}")
                for index, value in enumerate(values)
                if not self._is_answer(value)
            ]
        if faults:
            raise ProblemError(422, "invalid-feedback", "the feedback is malformed", errors=faults)
        return {"about": request_id, "actual": values}

    @property
    def _wanted(self) -> str:
        labels = self._signature.labels
        return f"one of {', '.join(labels)}" if labels else "a finite number"

    def _is_answer(self, value: object) -> bool:
        if self._signature.task == "classification":
            return value in self._signature.labels
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
