"""Pack: rules as a Pulumi policy pack."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pulumi
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from modelport_policies.exemptions import SCHEMA, decide, parse_exemptions
from modelport_policies.rule import Environment, Resource, Rule

_ENVIRONMENTS: tuple[Environment, ...] = ("dev", "staging", "prod")


def run_pack(name: str, rules: Sequence[Rule]) -> None:
    """Serve a pack to the engine; returns when the engine ends it."""
    PolicyPack(name, policies=policies(rules, environment()))


def environment() -> Environment:
    """Which levels hold: `modelport:environment` of the stack, else its name, else prod.

    A stack that says nothing gets the strictest levels.
    """
    config = pulumi.runtime.get_config_env()
    said = str(config.get("modelport:environment") or os.environ.get("PULUMI_STACK", ""))
    for known in _ENVIRONMENTS:
        if said == known:
            return known
    return "dev" if any(key.startswith("modelport:") for key in config) else "prod"


def policies(rules: Sequence[Rule], where: Environment) -> list[Policy]:
    """The rules as Pulumi policies, at the levels of one environment."""
    made: list[Policy] = []
    for rule in rules:
        made.append(_resource_policy(rule, where) if rule.check else _stack_policy(rule, where))
    return made


def findings(rule: Rule, resource: Resource, settings: Mapping[str, Any]) -> list[str]:
    """What a rule says about one resource, exemptions applied.

    A rule that fails says so as a finding: a check that crashed must not look like one that passed.
    """
    if rule.check is None or not rule.concerns(resource.type):
        return []
    exempt, problem = decide(_exemptions(settings), resource.name)
    if exempt:
        return []
    found = list(rule.check(resource, complete(rule, settings)))
    note = f" ({problem})" if problem else ""
    return [rule.message(f"{resource.name}: {finding}{note}") for finding in found]


def stack_findings(
    rule: Rule, resources: Sequence[Resource], settings: Mapping[str, Any]
) -> list[str]:
    """What a stack rule says about all resources, exempt ones left out."""
    if rule.stack_check is None:
        return []
    exemptions = _exemptions(settings)
    seen = [
        resource
        for resource in resources
        if rule.concerns(resource.type) and not decide(exemptions, resource.name)[0]
    ]
    return [rule.message(text) for text in rule.stack_check(seen, complete(rule, settings))]


def complete(rule: Rule, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The rule's parameters: what is set, else the defaults."""
    return {name: settings.get(name, item.default) for name, item in rule.parameters.items()}


def _exemptions(settings: Mapping[str, Any]) -> list[Any]:
    return list(parse_exemptions(settings, datetime.now(UTC).date()))


def _resource_policy(rule: Rule, where: Environment) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        properties = args.props
        resource = Resource(args.resource_type, args.name, args.urn, properties)
        for message in findings(rule, resource, args.get_config()):
            report(message, None)

    return ResourceValidationPolicy(validate=validate, **_about(rule, where))


def _stack_policy(rule: Rule, where: Environment) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [
            Resource(item.resource_type, item.name, item.urn, item.props) for item in args.resources
        ]
        for message in stack_findings(rule, resources, args.get_config()):
            report(message, None)

    return StackValidationPolicy(validate=validate, **_about(rule, where))


def _about(rule: Rule, where: Environment) -> dict[str, Any]:
    properties: dict[str, Any] = {"exemptions": SCHEMA}
    for name, item in rule.parameters.items():
        kind = "string" if isinstance(item.default, str) else "number"
        properties[name] = {"type": kind, "default": item.default, "description": item.about}
    return {
        "name": rule.id,
        "description": rule.title,
        "enforcement_level": EnforcementLevel(rule.levels.at(where)),
        "severity": Severity(rule.severity),
        "remediation_steps": rule.fix,
        "config_schema": PolicyConfigSchema(properties=properties),
    }
