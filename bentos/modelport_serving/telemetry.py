"""Telemetry: where spans of requests are sent, as settings; `tracing` makes and sends them."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

DISTRIBUTIONS = ("opentelemetry-exporter-otlp-proto-http",)
"""What a bundle must carry so that its server can send spans."""


def _endpoint(address: str) -> str:
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    else:
        usable = usable and parts.scheme in ("http", "https") and parts.username is None
        usable = usable and not (parts.query or parts.fragment or re.search(r"[^!-~]", address))
    if not usable:
        message = (
            f"otlp_endpoint {address!r} is no address of a collector; write e.g. "
            "http://127.0.0.1:4318, and what proves who sends as OTEL_EXPORTER_OTLP_HEADERS"
        )
        raise ValueError(message)
    return address.rstrip("/")


class Telemetry(BaseModel):
    """A span for each request, sent by OTLP over HTTP."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    otlp_endpoint: Annotated[str, Field(max_length=512), AfterValidator(_endpoint)]
    """Address of an OpenTelemetry collector without `/v1/traces`, such as
    `http://collector:4318`."""
    sample_percent: Annotated[float, Field(ge=0, le=100)] = 100.0
    """Share of the requests that get a span, where their caller has not decided: one whose
    `traceparent` says sampled always gets it, one whose says not never."""

    def __str__(self) -> str:
        """What it does, in words."""
        return f"{self.sample_percent:g} % of the requests to {self.otlp_endpoint}"
