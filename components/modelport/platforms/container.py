"""The container that every cloud runs: its variables, and the key that its callers send."""

import hashlib
from dataclasses import dataclass

import pulumi

from modelport.live.caller import TOKEN_HEADER
from modelport.plan import CloudPlan, DeploymentPlan
from modelport.platforms.endpoint import given
from modelport.resources import ApiKey
from modelport.resources.serving import ServingArguments
from modelport_serving.settings import (
    CAPTURE_VARIABLE,
    FALLBACK_VARIABLE,
    OIDC_VARIABLE,
    RATE_LIMIT_VARIABLE,
    TELEMETRY_VARIABLE,
)

PORT = 8080
"""Port of the container where the platform does not choose one."""
PREDICT, ALIVE, READY = "/predict", "/livez", "/readyz"
"""Routes of the container: predictions, and whether it lives and is ready."""


@dataclass(frozen=True, slots=True)
class CallerKey:
    """How the container knows its callers."""

    value: pulumi.Output[str] | None
    """The key, secret; none where the platform knows the callers."""
    variables: dict[str, pulumi.Input[str]]
    """What the container is told: the key's hash, the issuer of tokens, or that the platform has
    asked already."""


def caller_key(plan: CloudPlan, opts: pulumi.ResourceOptions) -> CallerKey:
    """A key where the service itself asks for one."""
    if plan.oidc is not None:
        return CallerKey(None, {OIDC_VARIABLE: plan.oidc.model_dump_json(exclude_defaults=True)})
    key = own_key(plan, opts)
    if key is None:
        return CallerKey(None, {"MODELPORT_AUTH": plan.auth})
    # The hash of 256 random bits gives nothing away; who reads it cannot call.
    digest = pulumi.Output.unsecret(key.apply(_sha256))
    return CallerKey(key, {"MODELPORT_API_KEY_SHA256": digest})


def own_key(plan: DeploymentPlan, opts: pulumi.ResourceOptions) -> pulumi.Output[str] | None:
    """Declare the key that callers send, secret; none where they send none, or tokens."""
    if plan.auth != "api_key":
        return None
    return ApiKey(f"{plan.name}-key", deployment=plan.name, opts=opts).value


def serving_arguments(plan: DeploymentPlan, key: pulumi.Output[str] | None) -> ServingArguments:
    """What a server that the plugin starts itself is told."""
    serving = plan.serving
    return {
        "max_body_bytes": serving.max_body_bytes,
        "max_rows": serving.max_rows,
        "protocols": serving.protocols or None,
        "fallback": given(serving.fallback),
        "capture": given(serving.capture),
        "rate_limit": given(serving.rate_limit),
        "telemetry": given(serving.telemetry),
        "rollout": plan.rollout,
        "api_key": key,
        "oidc": given(plan.oidc),
    }


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def container_variables(plan: CloudPlan, key: CallerKey) -> dict[str, pulumi.Input[str]]:
    """Environment of the container; nothing in it is secret."""
    serving = plan.serving
    objects = {
        FALLBACK_VARIABLE: serving.fallback,
        CAPTURE_VARIABLE: serving.capture,
        RATE_LIMIT_VARIABLE: serving.rate_limit,
        TELEMETRY_VARIABLE: serving.telemetry,
    }
    optional = {
        **({"MODELPORT_PROTOCOLS": ",".join(serving.protocols)} if serving.protocols else {}),
        **{
            name: part.model_dump_json(exclude_defaults=True)
            for name, part in objects.items()
            if part
        },
    }
    return {
        **key.variables,
        "MODELPORT_MAX_BODY_BYTES": str(serving.max_body_bytes),
        "MODELPORT_MAX_ROWS": str(serving.max_rows),
        **optional,
    }


def call_line(
    plan: DeploymentPlan, url: pulumi.Output[str], key: pulumi.Output[str] | None
) -> pulumi.Output[str]:
    """The command that asks for one prediction, in the project's folder.

    Where the platform knows its callers it takes the credentials of whoever runs it.
    """
    if key is None and plan.oidc is None:
        return pulumi.Output.from_input(f"modelport predict {plan.name} --stack {plan.stack}")
    here = f".modelport/{plan.stack}/{plan.name}"
    header = f"-H @{here}/auth-header " if key is not None else TOKEN_HEADER
    return url.apply(lambda address: f"curl {header}--json @{here}/request.json {address}{PREDICT}")
