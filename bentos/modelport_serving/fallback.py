"""Fallback: what answers instead when the model fails or is late."""

import difflib
from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from modelport_serving.record import BundleRecord, Signature

FALLBACK_HEADER = b"x-modelport-fallback"
"""Header of an answer that is not the model's: `late` or `failed`."""
FALLBACK_VERSION_HEADER = b"x-modelport-fallback-version"
"""Header of an answer that the previous version gave: that version."""
Given = str | float
"""A label, or for a regression a value in the target's unit."""


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Rule(_Part):
    """One comparison: rows whose feature is above a number get another answer."""

    feature: Annotated[str, Field(min_length=1)]
    """Name of an input column."""
    above: float
    """Rows with more than this get the rule's answer; a missing value is not more."""
    answer: Given
    """Their answer: a label, or for a regression a value."""


class Fallback(_Part):
    """What answers instead when the model fails or is late; the answer says so.

    It is the previous version, an answer that is given here, or the first and, where that fails
    too, the second.
    """

    previous: bool = False
    """Whether the previous version answers, which the bundle must carry."""
    answer: Given | None = None
    """Answer to every row: a label, or for a regression a value."""
    rule: Rule | None = None
    """Rows that get another answer than `answer`."""
    after_seconds: Annotated[float, Field(gt=0, le=25)] | None = None
    """Seconds after which the model is late; left out, the service's own limit of 25 s, or half of
    it where the previous version needs the other half."""

    @model_validator(mode="after")
    def _something_answers(self) -> Self:
        if self.answer is None and not self.previous:
            message = "has nothing that answers; write answer, or previous: true"
            raise ValueError(message)
        if self.answer is None and self.rule:
            message = "has a rule without answer, which the other rows get; write answer"
            raise ValueError(message)
        return self

    def __str__(self) -> str:
        """What it does, in words."""
        rule, late = self.rule, self.after_seconds
        other = f", {rule.answer} where {rule.feature} is above {rule.above:g}" if rule else ""
        given = "" if self.answer is None else f"{self.answer}{other}"
        parts = [*(["the previous version"] if self.previous else []), *([given] if given else [])]
        return ", else ".join(parts) + (f", after {late:g} s" if late else "")

    def late(self, seconds: float) -> float:
        """Seconds after which the model is late, of the `seconds` that an answer may take."""
        return self.after_seconds or (seconds / 2 if self.previous else seconds)


def fallback_faults(fallback: Fallback, record: BundleRecord) -> list[str]:
    """What of a fallback does not fit a bundle, one sentence each; empty when all does."""
    rule, signature = fallback.rule, record.signature
    given = [("answer", fallback.answer), ("rule.answer", rule.answer if rule else None)]
    found = [
        fault
        for path, value in given
        if value is not None and (fault := _answer_fault(path, value, signature))
    ]
    if fallback.previous and record.lineage.previous is None:
        found.append(
            f"previous: {record.name}@{record.version} carries no previous version; write "
            f'previous="{record.name}@<version>" in bentos/{record.name}/training.py, then run: '
            f"modelport build {record.name}"
        )
    names = [feature.name for feature in signature.features]
    if rule and rule.feature not in names:
        found.append(
            f"rule.feature: {rule.feature!r} is no feature of the model{near(rule.feature, names)}"
        )
    return found


def _answer_fault(path: str, value: Given, signature: Signature) -> str | None:
    if signature.task == "regression":
        return None if not isinstance(value, str) else f"{path}: {value!r} is no number"
    if value in signature.labels:
        return None
    allowed = ", ".join(signature.labels)
    return f"{path}: {value!r} is no label of the model; write one of {allowed}"


def near(name: str, known: Sequence[str]) -> str:
    """The end of a refusal: the nearest known name, or all of them."""
    found = difflib.get_close_matches(name, known, n=1)
    return f"; write {found[0]!r}" if found else f"; it has {', '.join(known)}"
