"""Pack: rules as a Pulumi policy pack."""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, cast

from pulumi.runtime import get_config_env
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceRemediation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from modelport_policies.conversion import convert_once
from modelport_policies.exemptions import SCHEMA, Exemption, decide, parse_exemptions
from modelport_policies.remedies import mend
from modelport_policies.rule import Environment, Resource, Rule

_ENVIRONMENTS: Mapping[str, Environment] = {"dev": "dev", "staging": "staging", "prod": "prod"}
_KEY = "modelport:environment"
_LEVEL = "enforcementLevel"
_Found = TypeVar("_Found")


def run_pack(name: str, rules: Sequence[Rule], folder: Path) -> None:
    """Serve a pack to the engine; returns when the engine ends it.

    Args:
        name: Name of the pack.
        rules: Its rules.
        folder: Where `dev.json`, `staging.json` and `prod.json` may hold settings. They have the
            form of the engine's own files of settings, which override them.
    """
    where = environment(get_config_env(), os.environ.get("PULUMI_STACK", ""))
    settings = read_settings(folder / f"{where}.json")
    convert_once()
    PolicyPack(name, policies=policies(rules, where), initial_config=settings)


def read_settings(file: Path) -> dict[str, EnforcementLevel | dict[str, Any]]:
    """Settings by rule; none where there is no file.

    Raises:
        ValueError: the file is not a JSON object of levels and objects. The pack does not start
            then, for exemptions and limits that nobody read must not be guessed.
    """
    if not file.is_file():
        return {}
    content = json.loads(file.read_text())
    if not isinstance(content, dict):
        raise ValueError(f"{file.name}: needs an object with the rules as keys")  # noqa: TRY004
    return {
        rule: _setting(file.name, rule, value)
        for rule, value in cast("dict[str, object]", content).items()
    }


def _setting(file: str, rule: str, value: object) -> EnforcementLevel | dict[str, Any]:
    if isinstance(value, str):
        return EnforcementLevel(value)
    if not isinstance(value, dict):
        raise ValueError(f"{file}: {rule} needs a level or an object")  # noqa: TRY004
    properties = cast("dict[str, Any]", value)
    if _LEVEL in properties:
        return {**properties, _LEVEL: EnforcementLevel(properties[_LEVEL])}
    return properties


def environment(config: Mapping[str, object], stack: str) -> Environment:
    """Which levels hold.

    What `modelport:environment` says, else the stack's name when it is that of an environment,
    else dev for a stack of modelport's own program, as there. A stack that says something else,
    or nothing at all, gets the strictest levels.

    Args:
        config: The stack's config, as the engine hands it to the pack.
        stack: Name of the stack, also with organisation and project before it.
    """
    if _KEY in config:
        return _ENVIRONMENTS.get(str(config[_KEY]), "prod")
    name = stack.rsplit("/", 1)[-1]
    if name in _ENVIRONMENTS:
        return _ENVIRONMENTS[name]
    return "dev" if any(key.startswith("modelport:") for key in config) else "prod"


def policies(rules: Sequence[Rule], where: Environment) -> list[Policy]:
    """The rules as Pulumi policies, at the levels of one environment."""
    return [
        _resource_policy(rule, where) if rule.check else _stack_policy(rule, where)
        for rule in rules
    ]


def findings(rule: Rule, resource: Resource, settings: Mapping[str, Any]) -> list[str]:
    """What a resource rule says about one resource, exemptions applied; never raises."""
    check = rule.check
    if check is None or not rule.concerns(resource.type):
        return []
    exempt, problem = decide(_exemptions(settings), resource.name)
    if exempt:
        return []
    found = _collect(lambda: check(resource, complete(rule, settings)))
    note = f" ({problem})" if problem else ""
    return [rule.message(f"{resource.name} {finding}{note}") for finding in found]


def stack_findings(
    rule: Rule, resources: Sequence[Resource], settings: Mapping[str, Any]
) -> list[str]:
    """What a stack rule says about all resources, exempt ones left out; never raises."""
    return [message for message, _ in stack_violations(rule, resources, settings)]


def stack_violations(
    rule: Rule, resources: Sequence[Resource], settings: Mapping[str, Any]
) -> list[tuple[str, str | None]]:
    """The same, each with the URN of the resource that it is about; none: the whole stack."""
    check = rule.stack_check
    if check is None:
        return []
    exemptions = _exemptions(settings)
    seen = [
        resource
        for resource in resources
        if rule.concerns(resource.type) and not decide(exemptions, resource.name)[0]
    ]
    found: list[tuple[str, str | None]] = []
    for finding in _collect(lambda: check(seen, complete(rule, settings))):
        if isinstance(finding, str):
            found.append((rule.message(f"the stack {finding}"), None))
            continue
        resource, sentence = finding
        problem = decide(exemptions, resource.name)[1]
        note = f" ({problem})" if problem else ""
        found.append((rule.message(f"{resource.name} {sentence}{note}"), resource.urn))
    return found


def remedy(rule: Rule, resource: Resource, settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The resource's properties with what the rule asks for; none when it asks for nothing.

    The engine asks for it only when the rule's level is `remediate`, which no rule has by itself.
    """
    if not rule.remedies or not findings(rule, resource, settings):
        return None
    return mend(resource.properties, rule.remedies)


def complete(rule: Rule, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The rule's parameters: what is set, else the defaults."""
    return {name: settings.get(name, item.default) for name, item in rule.parameters.items()}


def _collect(check: Callable[[], Iterable[_Found]]) -> list[_Found | str]:
    """What a check finds; when it crashes, that is a finding beside those before it.

    A rule that broke must not look like one that holds. The exception's text is left out, for it
    may quote a value.
    """
    found: list[_Found | str] = []
    try:
        for finding in check():
            found.append(finding)
    except Exception as error:
        found.append(
            f"could not be judged: the rule broke with {type(error).__name__} "
            f"{_place(error.__traceback__)}, which is a mistake in the rule or its settings"
        )
    return found


def _place(traceback: TracebackType | None) -> str:
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    if traceback is None:
        return "somewhere"
    return f"in {Path(traceback.tb_frame.f_code.co_filename).name}, line {traceback.tb_lineno}"


def _exemptions(settings: Mapping[str, Any]) -> list[Exemption]:
    return parse_exemptions(settings, datetime.now(UTC).date())


def _resource_policy(rule: Rule, where: Environment) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if not rule.concerns(args.resource_type):
            return
        resource = Resource(args.resource_type, args.name, args.urn, args.props)
        for message in findings(rule, resource, args.get_config()):
            report(message, None)

    def remediate(args: ResourceValidationArgs) -> Mapping[str, Any] | None:
        resource = Resource(args.resource_type, args.name, args.urn, args.props)
        return remedy(rule, resource, args.get_config())

    # The SDK's own annotation leaves out that a remediation may have nothing to do.
    change = cast("ResourceRemediation", remediate) if rule.remedies else None
    return ResourceValidationPolicy(validate=validate, remediate=change, **_about(rule, where))


def _stack_policy(rule: Rule, where: Environment) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [
            Resource(
                item.resource_type,
                item.name,
                item.urn,
                item.props,
                item.parent.urn if item.parent else "",
                {
                    name: tuple(used.urn for used in found)
                    for name, found in item.property_dependencies.items()
                },
            )
            for item in args.resources
            if rule.concerns(item.resource_type)
        ]
        for message, urn in stack_violations(rule, resources, args.get_config()):
            report(message, urn)

    return StackValidationPolicy(validate=validate, **_about(rule, where))


def _about(rule: Rule, where: Environment) -> dict[str, Any]:
    properties: dict[str, Any] = {"exemptions": SCHEMA}
    for name, item in rule.parameters.items():
        properties[name] = {
            "type": "number",
            "minimum": 0,
            "default": item.default,
            "description": item.about,
        }
    return {
        "name": rule.id,
        "description": rule.title,
        "enforcement_level": EnforcementLevel(rule.levels.at(where)),
        "severity": Severity(rule.severity),
        "remediation_steps": rule.fix,
        "config_schema": PolicyConfigSchema(properties=properties),
    }
