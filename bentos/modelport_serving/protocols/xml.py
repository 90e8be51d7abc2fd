"""XML: instances in, predictions out.

    <instances>
      <instance><feature name="age">44</feature><feature name="bmi"/></instance>
    </instances>

A feature has its name as an attribute, because few names are names of elements too; an empty one
is a missing value. The answer is

    <predictions>
      <prediction><label>benign</label><probability label="benign">0.9</probability></prediction>
    </predictions>

or a `value` in each prediction. A document type declaration is refused, and with it every entity.
"""

from html import escape
from typing import Any

from modelport_serving.instances import MAX_FAULTS, Fault, quoted
from modelport_serving.problems import ProblemError
from modelport_serving.protocols.base import Plain
from modelport_serving.protocols.cells import read_cell

XML = ("application/xml", "text/xml")
"""Content types."""
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SHAPE = 'send <instances><instance><feature name="…">…</feature></instance></instances>'
_LEVELS = ("instances", "instance", "feature")
_SHORT = 40


def read_xml(body: bytes, most: int) -> list[dict[str, Any]]:
    """The instances of a document, as objects by feature name; their values are checked later.

    Args:
        body: The document.
        most: Rows that are kept, and one more, so that the check sees that there are too many.

    Raises:
        ProblemError: 400 for what is not XML or has a document type, 422 for another shape.
    """
    # Only a service that is sent XML needs it.
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    found = _Instances(most)
    parser: Any = DefusedXMLParser(target=found, forbid_dtd=True)
    try:
        parser.feed(body)
        parser.close()
    except DefusedXmlException:
        raise _not_xml("has a document type declaration, which is not taken") from None
    except ParseError as error:
        line, column = error.position
        raise _not_xml(f"is not XML: see line {line}, column {column + 1}") from None
    except (LookupError, ValueError):
        raise _not_xml("has an encoding that is not taken; send UTF-8") from None
    if found.faults:
        detail = f"the body holds other elements than instances; {_SHAPE}"
        raise ProblemError(422, "invalid-body", detail, errors=found.faults[:MAX_FAULTS])
    return found.rows


def write_xml(predictions: Plain) -> bytes:
    """Predictions as a document."""
    parts = [_HEAD, "<predictions>"]
    for each in predictions:
        parts.append("<prediction>")
        if "value" in each:
            parts.append(f"<value>{each['value']!r}</value>")
        else:
            parts.append(f"<label>{xml_text(each['label'])}</label>")
            parts += [
                f'<probability label="{xml_text(label)}">{chance!r}</probability>'
                for label, chance in each["probabilities"].items()
            ]
        parts.append("</prediction>")
    parts.append("</predictions>\n")
    return "".join(parts).encode()


class _Instances:
    """Hears a parser's events and keeps rows, so that no tree of a hostile document is built."""

    def __init__(self, most: int) -> None:
        self.rows: list[dict[str, Any]] = []
        self.faults: list[Fault] = []
        self._most = most
        self._depth = 0
        self._count = 0
        self._name: str | None = None
        self._row: dict[str, Any] = {}
        self._text: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        depth, self._depth = self._depth, self._depth + 1
        if depth >= len(_LEVELS):
            self._fault(f"<{tag[:_SHORT]}> is inside of a feature; send a number")
            return
        if tag != _LEVELS[depth]:
            self._fault(f"<{tag[:_SHORT]}> is not taken here; send <{_LEVELS[depth]}>")
        elif depth == 1:
            self._row = {}
        elif depth == len(_LEVELS) - 1:
            self._name = attributes.get("name")
            self._text.clear()
            if self._name is None:
                self._fault("<feature> has no attribute name")
        known = {"name"} if depth == len(_LEVELS) - 1 else set[str]()
        for name in attributes.keys() - known:
            self._fault(f"<{_LEVELS[depth]}> takes no attribute {name[:_SHORT]}")

    def data(self, text: str) -> None:
        """Take text."""
        if self._depth == len(_LEVELS):
            self._text.append(text)
        elif text.strip():
            self._fault(f"{quoted(text.strip())} is outside of a feature")

    def end(self, tag: str) -> None:
        """End an element."""
        self._depth -= 1
        if self._depth == 1:
            self._count += 1
            if tag == _LEVELS[1] and len(self.rows) <= self._most:
                self.rows.append(self._row)
        elif self._depth == len(_LEVELS) - 1 and self._name is not None:
            if self._name in self._row:
                self._fault(f"{quoted(self._name)} is given twice")
            self._row[self._name] = read_cell("".join(self._text))
            self._name = None

    def close(self) -> None:
        """End the document."""

    def _fault(self, detail: str) -> None:
        if len(self.faults) < MAX_FAULTS:
            path = "instances" if self._depth <= 1 else f"instances[{self._count}]"
            self.faults.append(Fault(path, detail))


def xml_text(text: str) -> str:
    """Text of an element or an attribute; what XML cannot hold becomes U+FFFD."""
    kept = "".join(char if char in "\t\n\r" or _is_char(char) else "\ufffd" for char in text)
    return escape(kept)


def _is_char(char: str) -> bool:
    """https://www.w3.org/TR/xml/#charsets ."""
    return " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char > "\uffff"


def _not_xml(said: str) -> ProblemError:
    return ProblemError(400, "not-xml", f"the body {said}")
