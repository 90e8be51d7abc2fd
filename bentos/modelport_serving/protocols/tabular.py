"""Tabular: rows as CSV, as JSON Lines or in XML, and predictions in their order.

CSV and JSON Lines have one prediction for each line, so that SageMaker's batch transform, which
cuts files at line ends, can put the answers back together. A header of CSV is one whose first cell
is no number; it must name all features, in any order.
"""

import csv
import io
from typing import Any

from modelport_serving.accept import preferred
from modelport_serving.body import JSON_TYPE, media_of, parse_json
from modelport_serving.exchange import Exchange, Reply
from modelport_serving.instances import Fault, Rows
from modelport_serving.predictor import Predictor
from modelport_serving.problems import ProblemError
from modelport_serving.protocols.base import Plain, checked
from modelport_serving.protocols.cells import read_cell
from modelport_serving.protocols.native import encode
from modelport_serving.protocols.xml import XML, read_xml, write_xml
from modelport_serving.record import Signature

CSV, LINES = "text/csv", "application/jsonlines"
OTHER_LINES = ("application/x-ndjson", "application/jsonl")
"""Other names of JSON Lines that are taken."""


class Tabular:
    """CSV, JSON Lines or XML in; the same out, or what the header Accept asks for."""

    media: tuple[str, ...] = (CSV, LINES, *OTHER_LINES, *XML)
    slow = True

    def __init__(self, signature: Signature) -> None:
        self._names = [feature.name for feature in signature.features]
        self._labels = signature.labels

    def rows(self, body: bytes, exchange: Exchange, predictor: Predictor, most: int) -> Rows:
        """Read one row from each line that is not empty, or from each instance."""
        given = media_of(exchange.headers)
        if given in XML:
            return checked(predictor, read_xml(body, most), most)
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ProblemError(400, "not-text", "the body is not UTF-8") from None
        return checked(predictor, self._csv(text) if given == CSV else _lines(text), most)

    def reply(self, predictions: Plain, exchange: Exchange) -> Reply:
        """Write predictions in the request's form, or in the one that is asked for."""
        given = media_of(exchange.headers)
        form = preferred(exchange.headers, (given, JSON_TYPE, *self.media)) or given
        if form == JSON_TYPE:
            return Reply(encode({"predictions": predictions}))
        if form in XML:
            return Reply(write_xml(predictions), media=form.encode())
        if form == CSV:
            return Reply(self._table(predictions), media=CSV.encode())
        return Reply(b"".join(encode(each) + b"\n" for each in predictions), media=LINES.encode())

    def _csv(self, text: str) -> list[Any]:
        try:
            lines = [line for line in csv.reader(io.StringIO(text), strict=True) if line]
        except csv.Error as error:
            raise ProblemError(400, "not-csv", f"the body is not CSV: {error}") from None
        if lines and not _is_number(lines[0][0]):
            names, *lines = lines
            return [dict(zip(names, map(read_cell, line), strict=False)) for line in lines]
        return [[read_cell(cell) for cell in line] for line in lines]

    def _table(self, predictions: Plain) -> bytes:
        """A value; or the label and the probabilities in the order of the signature's labels."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        for each in predictions:
            if "value" in each:
                writer.writerow([each["value"]])
            else:
                chances = each["probabilities"]
                writer.writerow([each["label"], *(chances[label] for label in self._labels)])
        return text.getvalue().encode()


def _lines(text: str) -> list[Any]:
    """A row or an object from each line; `{"instances": [...]}` may hold some as well."""
    found: list[Any] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(parse_json(line.encode()))
        except ProblemError as problem:
            detail = f"line {number}: {problem.detail}"
            fault = Fault(f"line {number}", problem.detail)
            raise ProblemError(400, "not-json", detail, errors=[fault]) from None
    return found


def _is_number(text: str) -> bool:
    return not text.strip() or not isinstance(read_cell(text), str)
