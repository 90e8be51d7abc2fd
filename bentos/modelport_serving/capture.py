"""Capture: which share of the predictions goes to the log, and what of them does not."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from modelport_serving.fallback import near
from modelport_serving.record import Signature


class Capture(BaseModel):
    """Which predictions are captured, and what of them is left out."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    percent: Annotated[float, Field(gt=0, le=100)]
    """Share of the requests whose rows and predictions are written to the log."""
    redact: tuple[str, ...] = ()
    """Features that are left out, by name."""

    def __str__(self) -> str:
        """What it does, in words."""
        without = f" without {', '.join(self.redact)}" if self.redact else ""
        return f"{self.percent:g} % of the requests{without}"


def capture_faults(capture: Capture, signature: Signature) -> list[str]:
    """What of a capture does not fit a model, one sentence each; empty when all does."""
    names = [feature.name for feature in signature.features]
    return [
        f"redact: {name!r} is no feature of the model{near(name, names)}"
        for name in capture.redact
        if name not in names
    ]
