"""Fallback: what is answered instead when the model fails or is late."""

import difflib
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from modelport_serving.record import Signature

FALLBACK_HEADER = b"x-modelport-fallback"
"""Header of an answer that is not the model's: `late` or `failed`."""
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
    """What is answered instead when the model fails or is late; the answer says that it is."""

    answer: Given
    """Answer to every row: a label, or for a regression a value."""
    rule: Rule | None = None
    """Rows that get another answer."""
    after_seconds: Annotated[float, Field(gt=0, le=25)] | None = None
    """Seconds after which the model is late; left out, the service's own limit of 25 s."""

    def __str__(self) -> str:
        """What it does, in words."""
        rule, late = self.rule, self.after_seconds
        other = f", {rule.answer} where {rule.feature} is above {rule.above:g}" if rule else ""
        return f"{self.answer}{other}" + (f", after {late:g} s" if late else "")


def fallback_faults(fallback: Fallback, signature: Signature) -> list[str]:
    """What of a fallback does not fit a model, one sentence each; empty when all does."""
    rule = fallback.rule
    given = [("answer", fallback.answer), *([("rule.answer", rule.answer)] if rule else [])]
    found = [fault for path, value in given if (fault := _answer_fault(path, value, signature))]
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
