"""Uses: how much of a limit a workload needs."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from modelport.config.workload import Workload
from modelport.feasibility.limits import Limit, limits_of

Measure = Literal["time", "size", "bandwidth", "rate", "pieces"]


@dataclass(frozen=True, slots=True)
class Use:
    """What a workload needs of one limit."""

    limit: str
    """Name of the limit."""
    fact: str
    """The facts that say so, as they are written, e.g. `workload.payload`."""
    amount: float
    """Seconds, bytes or pieces."""
    measure: Measure
    estimate: bool = False
    """Whether the amount is an upper bound and not what is needed."""

    @property
    def text(self) -> str:
        """The amount with its unit, e.g. `20 MB`."""
        return amount_text(self.amount, self.measure)

    def text_beside(self, limit: Limit) -> str:
        """The amount with as many digits as tell it from the limit, e.g. `6.0001 MB`."""
        texts = (amount_text(self.amount, self.measure, digits) for digits in range(3, 18))
        return next((text for text in texts if text != limit.text), self.text)


@dataclass(frozen=True, slots=True)
class Tightness:
    """How much of a limit is used."""

    use: Use
    limit: Limit
    percent: int
    """Share of the limit that the workload needs; more than 100 when it does not fit."""

    @property
    def text(self) -> str:
        """A fact for previews, e.g. `limit: payload 5.2 of 6 MB (87 %)`."""
        used, unit = self.use.text.split(" ", 1)
        amount = used if unit == self.limit.unit else f"{used} {unit}"
        return f"limit: {self.limit.name} {amount} of {self.limit.text} ({self.percent} %)"


def uses(workload: Workload, environment_bytes: int | None = None) -> Iterator[Use]:
    """What the known facts of a workload need; a fact that is left out needs nothing.

    Requests at a time follow from rate and p99, which is more than the mean: an upper estimate.
    """
    rate, p99, payload = workload.rate, workload.p99_seconds, workload.payload_bytes
    if p99 is not None:
        yield Use("request_time", "workload.p99", p99, "time")
    if payload is not None:
        yield Use("payload", "workload.payload", payload, "size")
    if workload.answer_bytes is not None:
        yield Use("answer", "workload.answer", workload.answer_bytes, "size")
    if workload.model_bytes is not None:
        yield Use("image_size", "workload.model_size", workload.model_bytes, "size")
        yield Use("memory", "workload.model_size", workload.model_bytes, "size")
    if workload.gpu_bytes is not None:
        yield Use("gpu_memory", "workload.gpu_memory", workload.gpu_bytes, "size")
    if rate is not None:
        yield Use("rate", "workload.rate", rate, "rate")
    if rate is not None and p99 is not None:
        yield Use(
            "concurrency", "workload.rate x workload.p99", rate * p99, "pieces", estimate=True
        )
    if rate is not None and payload is not None:
        yield Use("bandwidth", "workload.rate x workload.payload", rate * payload, "bandwidth")
    if environment_bytes is not None:
        yield Use("environment", "environment variables", environment_bytes, "size")


def tightest(kind: str, workload: Workload, options: Collection[str] = ()) -> Tightness | None:
    """The verified limit of a kind that this workload uses up most; None where none is known."""
    bounds = limits_of(kind, options)
    found = [
        Tightness(use, limit, _percent(use.amount, limit.amount))
        for use in uses(workload)
        for limit in bounds
        if not use.estimate and limit.name == use.limit and limit.grade != "C" and limit.amount
    ]
    return max(found, key=lambda item: item.use.amount / (item.limit.amount or 1), default=None)


def amount_text(amount: float, measure: Measure, digits: int = 3) -> str:
    """Seconds, bytes or pieces as a person writes them, to so many digits."""
    if measure == "time":
        steps = ((1.0, "s"), (0.001, "ms"))
    elif measure in {"size", "bandwidth"}:
        tail = "/s" if measure == "bandwidth" else ""
        names = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "KB"), (1.0, "B"))
        steps = tuple((step, name + tail) for step, name in names)
    else:
        steps = ((1.0, "/s" if measure == "rate" else "requests"),)
    size, unit = next((step for step in steps if amount >= step[0]), steps[-1])
    return f"{_rounded(amount / size, digits)} {unit}"


def _rounded(number: float, digits: int) -> str:
    rounded = float(f"{number:.{digits}g}")
    return f"{rounded:,.0f}" if rounded.is_integer() else f"{rounded:,.{digits}g}"


def _percent(amount: float, limit: float | None) -> int:
    if not limit:
        return 0
    share = round(100 * amount / limit)
    # What fits is not shown as full, and what does not fit is not shown as fitting.
    return min(share, 99) if amount < limit else max(share, 101) if amount > limit else 100
