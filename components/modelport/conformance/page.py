"""Page: all rules of one kind, checked on one server that is started for it."""

from dataclasses import dataclass
from importlib.util import find_spec

from modelport.config.deployment import MOST_BODY_BYTES
from modelport.conformance.checks import CHECKS, Case, image_seen
from modelport.conformance.image_checks import Outcome, Seen
from modelport.conformance.lambda_checks import LAMBDA_CHECKS
from modelport.conformance.rules import Rule, rules_of
from modelport.conformance.server import Subject, is_free, started
from modelport.conformance.starts import STARTS, USUAL, Start
from modelport.feasibility import limits_of
from modelport.feasibility.kinds import KINDS
from modelport.images.source_bundle import FUNCTIONS_FRAMEWORK

_STARTED_BY_A_HOST = ("azure.functions",)
"""Kinds whose image holds more than the server, which is not started alone."""
_TESTED = CHECKS | LAMBDA_CHECKS
_FIRST = ("listen", "address", "runtime_api")
"""Rules without which the others mean nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """One rule and what was seen."""

    rule: str
    outcome: Outcome
    said: str
    demand: str
    """The platform's rule."""
    source: str
    """Title, address and date."""
    grade: str


@dataclass(frozen=True, slots=True)
class Page:
    """All rules of one kind."""

    kind: str
    subject: str
    """What was checked."""
    lines: list[Line]

    @property
    def passed(self) -> bool:
        """Whether nothing failed; what was not tested is not counted."""
        return all(line.outcome != "fail" for line in self.lines)


def check_kind(kind: str, subject: Subject) -> Page:
    """Start a server as the platform does and hold it against each of its rules.

    Raises:
        PlanError: the kind is not known.
    """
    rules = rules_of(kind)
    start = STARTS.get(kind, USUAL)
    name = subject.name
    if subject.image and kind in _STARTED_BY_A_HOST:
        return Page(kind, name, [_line(rule, _hosted(rule, subject)) for rule in rules])
    hindered = _hindrance(start, subject)
    if hindered:
        return Page(kind, name, [_line(rule, Seen("not tested", hindered)) for rule in rules])
    return Page(kind, name, _checked(kind, rules, start, subject))


def _hindrance(start: Start, subject: Subject) -> str:
    """Why nothing can be started here; empty when it can."""
    if start.port is not None and not subject.image and not is_free(start.port):
        return f"port {start.port} is taken on this machine; free it and run again"
    if start.function and subject.image:
        return "functions are built from sources and not from an image; check without --image"
    if start.function and not subject.command and find_spec("functions_framework") is None:
        return f"the framework is not installed here: pip install {FUNCTIONS_FRAMEWORK}"
    return ""


def _hosted(rule: Rule, subject: Subject) -> Seen:
    if rule.name == "image":
        return image_seen(rule.kind, subject)
    return Seen("not tested", "the platform's host in the image starts the server; check a process")


def _checked(kind: str, rules: list[Rule], start: Start, subject: Subject) -> list[Line]:
    found: list[Line] = []
    with started(subject, start, _body_limit(kind)) as server:
        for rule in rules:
            deaf = any(line.rule in _FIRST and line.outcome == "fail" for line in found)
            if deaf and rule.name != "image":
                seen = Seen("not tested", "it did not come that far")
            else:
                seen = _TESTED[rule.name](Case(rule, start, subject, server))
            found.append(_line(rule, seen))
    return found


def _body_limit(kind: str) -> int | None:
    """The platform's limit on bodies, as far as our runtime goes."""
    if kind not in KINDS:  # somebody's own machines: nothing stands before the server
        return None
    amount = next((limit.amount for limit in limits_of(kind) if limit.name == "payload"), None)
    return None if amount is None or amount > MOST_BODY_BYTES else int(amount)


def _line(rule: Rule, seen: Seen) -> Line:
    return Line(
        rule.name, seen.outcome, seen.said, rule.sentence, str(rule.source), f"grade {rule.grade}"
    )
