"""The container that every cloud runs: its variables, and the key that its callers send."""

import hashlib
from dataclasses import dataclass

import pulumi

from modelport.plan import CloudPlan
from modelport.resources import ApiKey

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
    """What the container is told: the key's hash, or that the platform has asked already."""


def caller_key(plan: CloudPlan, opts: pulumi.ResourceOptions) -> CallerKey:
    """A key where the service itself asks for one."""
    if plan.auth != "api_key":
        return CallerKey(None, {"MODELPORT_AUTH": plan.auth})
    key = ApiKey(f"{plan.name}-key", deployment=plan.name, opts=opts)
    # The hash of 256 random bits gives nothing away; who reads it cannot call.
    digest = pulumi.Output.unsecret(key.value.apply(_sha256))
    return CallerKey(key.value, {"MODELPORT_API_KEY_SHA256": digest})


def _sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def container_variables(plan: CloudPlan, key: CallerKey) -> dict[str, pulumi.Input[str]]:
    """Environment of the container; nothing in it is secret."""
    serving = plan.serving
    objects = {"MODELPORT_FALLBACK": serving.fallback, "MODELPORT_CAPTURE": serving.capture}
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
    plan: CloudPlan, url: pulumi.Output[str], key: pulumi.Output[str] | None
) -> pulumi.Output[str]:
    """The command that asks for one prediction, in the project's folder.

    Where the platform knows its callers it takes the credentials of whoever runs it.
    """
    if key is None:
        return pulumi.Output.from_input(f"modelport predict {plan.name} --stack {plan.stack}")
    here = f".modelport/{plan.stack}/{plan.name}"
    return url.apply(
        lambda address: (
            f"curl -H @{here}/auth-header --json @{here}/request.json {address}{PREDICT}"
        )
    )
