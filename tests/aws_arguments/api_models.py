"""Inputs of AWS resources against botocore's models of the API.

The models come from AWS: what passes here has the names, types, enums, patterns and sizes that the
API publishes. Not checked: what the service decides itself (quotas, permissions, whether a resource
that is named exists, combinations of members).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_arguments.constraints import input_shape, violations
from aws_arguments.requests import Made, plain, request
from aws_arguments.rules import Call, Rule
from aws_arguments.sdk_names import unknown_names
from aws_arguments.tables import RULES

_OF_EVERY_TYPE = frozenset({"region"})


def problems(token: str, inputs: Mapping[str, Any]) -> list[str]:
    """What AWS would refuse, or what this harness does not know, in one resource's inputs.

    Args:
        token: type token, e.g. `aws:lambda/function:Function`.
        inputs: as they are in a state, secrets and all.
    """
    rule = RULES.get(token)
    if rule is None:
        return [f"{token} has no rule in tests/aws_arguments/tables; add one"]
    given = {name: value for name, value in plain(inputs).items() if value is not None}
    found = unknown_names(token, given)
    found += [
        f"{name}: {problem}"
        for name, check in rule.checks.items()
        if name in given
        for problem in check(given[name])
    ]
    found += rule.together(given)
    for call in (rule.call, *rule.more):
        found += _of_call(rule, call, given)
    return list(dict.fromkeys(f"{token} {problem}" for problem in found))


def check_state(resources: Iterable[Mapping[str, Any]]) -> list[str]:
    """Problems of all AWS resources of an exported state, each with the URN it is in.

    Args:
        resources: `deployment.resources` of an export; other providers' resources are passed by.
    """
    return [
        f"{resource['urn']}: {problem}"
        for resource in resources
        if resource["type"].startswith("aws:") and not resource.get("external")
        for problem in problems(resource["type"], resource.get("inputs") or {})
    ]


def _of_call(rule: Rule, call: Call, given: Mapping[str, Any]) -> list[str]:
    first = call is rule.call
    taken = given if first else {name: each for name, each in given.items() if call.takes(name)}
    if not taken and not first:
        return []
    shape = input_shape(call.service, call.operation)
    made = request(call, shape, taken, rule.own | _OF_EVERY_TYPE)
    unknown = _unknown(rule, made) if first else made.unknown
    where = f"({call.service} {call.operation})"
    return [
        *(f"{where}: input {path} is no member of the request" for path in unknown),
        *(f"{where}: input {problem}" for problem in made.unfit),
        *(f"{where}: {violation}" for violation in violations(shape, made.request)),
    ]


def _unknown(rule: Rule, made: Made) -> list[str]:
    return [
        path
        for path in made.unknown
        if not any(call.takes(path.partition(".")[0]) for call in rule.more)
    ]
