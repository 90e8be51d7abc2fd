"""Workload: what the model is asked to do, so that a target can be judged before it is made."""

import re
from decimal import Decimal
from math import ceil
from typing import Annotated

from pydantic import BeforeValidator, Field

from modelport.config.base import Model

_NUMBER = r"(\d{1,18}(?:\.\d{1,6})?)"
_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600)}
_BYTES = {
    "B": 1,
    "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip


def duration_seconds(text: str) -> float:
    """A duration such as `200ms`, `1.5s` or `2m` in seconds.

    Raises:
        ValueError: it is none.
    """
    return float(_amount(text, _SECONDS, "a duration with a unit, e.g. 200ms, 1.5s or 2m"))


def size_bytes(text: str) -> int:
    """A size such as `512KB`, `20MB` or `8GiB` in bytes; KB is 1000 bytes and KiB 1024.

    A part of a byte counts as one.

    Raises:
        ValueError: it is none.
    """
    return ceil(_amount(text, _BYTES, "a size with a unit, e.g. 512KB, 20MB or 8GiB"))


def _amount(text: str, units: dict[str, Decimal] | dict[str, int], wanted: str) -> Decimal:
    found = re.fullmatch(f"{_NUMBER} ?({'|'.join(units)})", text, re.ASCII)
    if found is None:
        message = f"should be {wanted}"
        raise ValueError(message)
    amount = Decimal(found[1]) * units[found[2]]
    if amount <= 0:
        message = "should be more than nothing; leave it out when it is not known"
        raise ValueError(message)
    return amount


def _duration(value: object) -> object:
    duration_seconds(value if isinstance(value, str) else "")
    return value


def _size(value: object) -> object:
    size_bytes(value if isinstance(value, str) else "")
    return value


def _patience(value: object) -> object:
    return value if value == "none" else _duration(value)


ShortDuration = Annotated[str, BeforeValidator(_duration)]
"""Time with a unit: `200ms`, `1.5s`, `2m`, `1h`."""
Size = Annotated[str, BeforeValidator(_size)]
"""Bytes with a unit: `512KB`, `20MB`, `1.5GB`, or `KiB`, `MiB`, `GiB` in steps of 1024."""
Patience = Annotated[str, BeforeValidator(_patience)]
"""Time with a unit, or `none`."""


class Workload(Model):
    """What is expected of the model; every fact may be left out and then refuses nothing."""

    p99: ShortDuration | None = None
    """Time that 99 % of predictions need at most, on the model's own, e.g. `200ms`, `1.5s`."""
    payload: Size | None = None
    """Largest request body, e.g. `20MB`, `512KB`."""
    answer: Size | None = None
    """Largest answer, e.g. `2MB`."""
    rate: Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)] | None = None
    """Requests per second at the busiest minute."""
    requests_per_month: Annotated[int, Field(ge=0, le=10**15)] | None = None
    """Requests in a month of 730 hours; what is paid by request is priced with it."""
    model_size: Size | None = None
    """Size of the model's files, which go into the image and into memory, e.g. `1.5GB`."""
    gpu_memory: Size | None = None
    """GPU memory that one copy of the model needs, e.g. `16GB`; left out, it needs no GPU."""
    cold_start: Patience | None = None
    """Time that a caller may wait when nothing runs, e.g. `10s`; `none`: something always runs."""

    @property
    def p99_seconds(self) -> float | None:
        """`p99` in seconds."""
        return None if self.p99 is None else duration_seconds(self.p99)

    @property
    def payload_bytes(self) -> int | None:
        """`payload` in bytes."""
        return None if self.payload is None else size_bytes(self.payload)

    @property
    def answer_bytes(self) -> int | None:
        """`answer` in bytes."""
        return None if self.answer is None else size_bytes(self.answer)

    @property
    def model_bytes(self) -> int | None:
        """`model_size` in bytes."""
        return None if self.model_size is None else size_bytes(self.model_size)

    @property
    def gpu_bytes(self) -> int | None:
        """`gpu_memory` in bytes."""
        return None if self.gpu_memory is None else size_bytes(self.gpu_memory)

    @property
    def always_running(self) -> bool:
        """Whether something must run at all times."""
        return self.cold_start == "none"

    @property
    def cold_start_seconds(self) -> float | None:
        """`cold_start` in seconds, 0 for `none`."""
        if self.cold_start is None or self.always_running:
            return 0.0 if self.always_running else None
        return duration_seconds(self.cold_start)
