"""References: secrets of Secrets Manager and of the Parameter Store; no Pulumi."""

import re
from collections.abc import Mapping

_ARN = re.compile(r"arn:aws[a-z-]*:(secretsmanager|ssm):[a-z0-9-]+:[0-9]{12}:\S+")
_SECRET_PARTS = 7
"""Parts of a secret's own ARN; key, stage and version of its value may follow."""


def reference_refusals(secrets: Mapping[str, str]) -> list[str]:
    """Why secrets cannot be had here; empty when they can."""
    return [
        f"secrets.{name} {reference}: must be the ARN of a secret or parameter of AWS, "
        "e.g. arn:aws:secretsmanager:eu-west-1:123456789012:secret:hub-AbCdEf"
        for name, reference in sorted(secrets.items())
        if not _ARN.fullmatch(reference)
    ]


def reference_services(secrets: Mapping[str, str]) -> list[str]:
    """Services that secrets are read from: `secretsmanager`, `ssm`."""
    return sorted({found[1] for item in secrets.values() if (found := _ARN.fullmatch(item))})


def permitted(reference: str) -> str:
    """What a policy must name so that a reference can be read."""
    if ":secretsmanager:" not in reference:
        return reference
    return ":".join(reference.split(":")[:_SECRET_PARTS])
