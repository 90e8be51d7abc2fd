"""The gate: what a model must score before it may go live."""

from typing import Literal, Self

from pydantic import Field, model_validator

from modelport.config.base import Model

Opponent = Literal["baseline", "live"]


class Threshold(Model):
    """Bounds of one score; both are inclusive."""

    min: float | None = None
    """Smallest score that passes; no lower bound when left out."""
    max: float | None = None
    """Largest score that passes; no upper bound when left out."""

    @model_validator(mode="after")
    def _some_bound(self) -> Self:
        if self.min is None and self.max is None:
            message = "give min, max or both, e.g. {min: 0.95}"
            raise ValueError(message)
        if self.min is not None and self.max is not None and self.min > self.max:
            message = f"min ({self.min:g}) must not exceed max ({self.max:g})"
            raise ValueError(message)
        return self


class Gate(Model):
    """Thresholds on held-out scores, and whom the model must beat."""

    accuracy: Threshold | None = None
    """Share of right labels, 0 to 1 (classification)."""
    precision: Threshold | None = None
    """Share of positive predictions that are right, 0 to 1 (classification)."""
    recall: Threshold | None = None
    """Share of positives that are found, 0 to 1 (classification)."""
    f1: Threshold | None = None
    """Harmonic mean of precision and recall, 0 to 1 (classification)."""
    roc_auc: Threshold | None = None
    """Area under the ROC curve, 0 to 1 (classification)."""
    mae: Threshold | None = None
    """Mean absolute error in the target's unit (regression)."""
    rmse: Threshold | None = None
    """Root of the mean squared error in the target's unit (regression)."""
    r2: Threshold | None = None
    """Explained share of the variance, at most 1 (regression)."""
    beat: frozenset[Opponent] = Field(default=frozenset({"baseline"}))
    """Whose primary score the model must reach: `baseline` strictly, `live` at least equally.

    Left out, the model must beat its baseline. A first deployment has no live version and passes.
    """

    @property
    def thresholds(self) -> dict[str, tuple[float | None, float | None]]:
        """The given bounds as metric -> (min, max)."""
        return {
            name: (bound.min, bound.max)
            for name in type(self).model_fields
            if isinstance(bound := getattr(self, name), Threshold)
        }
