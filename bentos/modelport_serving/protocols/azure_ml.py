"""Azure Machine Learning's scoring requests: `{"input_data": ...}`.

`input_data` is a list of rows, or a table in pandas' split form with `columns` and `data`. The
answer is a list, as MLflow models answer there: labels, or values.
https://learn.microsoft.com/azure/machine-learning/how-to-deploy-mlflow-models
"""

from typing import Any, cast

from modelport_serving.body import JSON_TYPE, parse_json
from modelport_serving.exchange import Exchange, Reply
from modelport_serving.instances import Rows
from modelport_serving.predictor import Predictor
from modelport_serving.problems import ProblemError
from modelport_serving.protocols.base import Plain, checked
from modelport_serving.protocols.native import encode


class AzureMl:
    """Requests as Azure's studio and its SDK send them."""

    media: tuple[str, ...] = (JSON_TYPE,)
    slow = False

    def rows(self, body: bytes, exchange: Exchange, predictor: Predictor, most: int) -> Rows:
        """Read a list of rows, or a table in split form."""
        del exchange
        document = parse_json(body)
        if not isinstance(document, dict) or "input_data" not in document:
            raise _shape("input_data is missing")
        given = cast("dict[str, Any]", document)["input_data"]
        if isinstance(given, dict):
            given = _table(cast("dict[str, Any]", given))
        return checked(predictor, given, most)

    def reply(self, predictions: Plain, exchange: Exchange) -> Reply:
        """Write a list of labels or values."""
        del exchange
        return Reply(encode([each.get("label", each.get("value")) for each in predictions]))


def _table(table: dict[str, Any]) -> object:
    data, columns = table.get("data"), table.get("columns")
    if not isinstance(data, list):
        raise _shape("input_data has no list data")
    if columns is None:
        return data
    if not isinstance(columns, list) or not all(
        isinstance(name, str) for name in cast("list[object]", columns)
    ):
        raise _shape("columns is no list of names")
    names = cast("list[str]", columns)
    rows: list[object] = []
    for row in cast("list[object]", data):
        cells = cast("list[object]", row) if isinstance(row, list) else None
        # A row of another length is refused by the check, which says which one it is.
        same = cells is not None and len(cells) == len(names)
        rows.append(dict(zip(names, cells or (), strict=True)) if same else row)
    return rows


def _shape(detail: str) -> ProblemError:
    return ProblemError(422, "invalid-body", f'{detail}; send {{"input_data": [...]}}')
