"""Serving: what every server of ours is told, whatever it runs on."""

from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi


class ServingArguments(TypedDict):
    """The arguments of `modelport.provider.serving_inputs.ServingInputs`."""

    max_body_bytes: pulumi.Input[int]
    max_rows: pulumi.Input[int]
    protocols: pulumi.Input[Sequence[str]] | None
    fallback: pulumi.Input[dict[str, Any]] | None
    capture: pulumi.Input[dict[str, Any]] | None
    rate_limit: pulumi.Input[dict[str, Any]] | None
    telemetry: pulumi.Input[dict[str, Any]] | None
    rollout: pulumi.Input[str | dict[str, Any]]
    api_key: pulumi.Input[str] | None
    oidc: pulumi.Input[dict[str, Any]] | None
