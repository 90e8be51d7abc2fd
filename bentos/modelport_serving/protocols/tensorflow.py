"""TensorFlow Serving's REST API, as its clients use it: `predict` and the model's status.

Rows are the elements of `instances`, or of `inputs` in the columnar form; predictions come back as
`predictions`, or as `outputs`. A regression answers numbers, a classification its probabilities.
https://www.tensorflow.org/tfx/serving/api_rest
"""

from typing import Any, cast

from modelport_serving.body import JSON_TYPE, parse_json
from modelport_serving.exchange import Exchange, Reply
from modelport_serving.instances import MAX_ECHO, Rows
from modelport_serving.predictor import Predictor
from modelport_serving.problems import ProblemError
from modelport_serving.protocols.base import Plain, checked
from modelport_serving.protocols.native import encode
from modelport_serving.record import BundleRecord

_FIELDS = {"signature_name", "instances", "inputs"}


class TensorFlow:
    """Predict requests in row or in column form."""

    media: tuple[str, ...] = (JSON_TYPE,)
    slow = False

    def __init__(self, record: BundleRecord) -> None:
        self._labels = record.signature.labels
        self._names = [feature.name for feature in record.signature.features]

    def rows(self, body: bytes, exchange: Exchange, predictor: Predictor, most: int) -> Rows:
        """Read `instances`, or `inputs` as rows or as one list for each feature."""
        document = parse_json(body)
        if not isinstance(document, dict):
            raise _shape("the body is not an object")
        fields = cast("dict[str, Any]", document)
        if unknown := sorted(fields.keys() - _FIELDS):
            raise _shape(f"{unknown[0][:MAX_ECHO]} is unknown")
        if not isinstance(fields.get("signature_name"), str | None):
            raise _shape("signature_name is no string")
        if ("instances" in fields) == ("inputs" in fields):
            raise _shape("give either instances or inputs")
        exchange.note = "outputs" if "inputs" in fields else "predictions"
        return checked(predictor, fields.get("instances", self._inputs(fields)), most)

    def reply(self, predictions: Plain, exchange: Exchange) -> Reply:
        """Write plain numbers, as TensorFlow Serving's clients expect."""
        return Reply(encode({exchange.note: [self._number(each) for each in predictions]}))

    def _inputs(self, fields: dict[str, Any]) -> object:
        given = fields.get("inputs")
        if not isinstance(given, dict):
            return given
        columns = cast("dict[str, Any]", given)
        lists = [columns.get(name) for name in self._names]
        if columns.keys() != set(self._names) or not all(isinstance(each, list) for each in lists):
            raise _shape(f"inputs needs a list for each of {', '.join(self._names)}")
        sizes = {len(each) for each in cast("list[list[Any]]", lists)}
        if len(sizes) != 1:
            raise _shape("the lists of inputs differ in length")
        return [list(row) for row in zip(*cast("list[list[Any]]", lists), strict=True)]

    def _number(self, prediction: dict[str, Any]) -> Any:
        if "value" in prediction:
            return prediction["value"]
        return [prediction["probabilities"][label] for label in self._labels]


def status(record: BundleRecord) -> Reply:
    """The status of the only version, which is available once this is answered."""
    state = {"error_code": "OK", "error_message": ""}
    version = {"version": record.version, "state": "AVAILABLE", "status": state}
    return Reply(encode({"model_version_status": [version]}))


def _shape(detail: str) -> ProblemError:
    return ProblemError(422, "invalid-body", f'{detail}; send {{"instances": [...]}}')
