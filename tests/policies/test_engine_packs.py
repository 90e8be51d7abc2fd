"""Packs in the real engine: what is reported, what is stopped, and before what.

Resources are components that carry the type token of what they stand for: rules see them as they
see the resources themselves, and no provider is needed. What this does not prove: the shape in
which the providers' SDKs send these properties.
"""

import json
import os
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto
from pulumi.automation import events

from engine_project import ROOT, STACK, Project
from modelport_policies import PACKS as RULES_BY_PACK
from modelport_policies import RULES
from modelport_policies.rule import Environment, Level, Rule

pytestmark = pytest.mark.engine

PACKS = [str(ROOT / "policies" / name) for name in RULES_BY_PACK]
SECURITY_PACK = str(ROOT / "policies" / "security")
SECRET = "hunter2-in-plain"
ELSEWHERE = {"cost-s3-gateway-endpoint"}
"""Rules about what a whole stack lacks: another rule's example has it."""

PROGRAM = """\
import json
import signal
from pathlib import Path

import pulumi
from pulumi.runtime import is_dry_run

# The engine ends a program that it refused with this signal, and waits 5 s for those that live on.
signal.signal(signal.SIGINT, signal.SIG_DFL)


def resolved(value):
    if isinstance(value, dict) and set(value) == {"later"}:
        # Known only on update, as an attribute that the cloud gives.
        return pulumi.Output(set(), of(value["later"]), of(not is_dry_run()))
    if isinstance(value, dict) and set(value) == {"secret"}:
        return pulumi.Output.secret(value["secret"])
    if isinstance(value, dict):
        return {key: resolved(item) for key, item in value.items()}
    return [resolved(item) for item in value] if isinstance(value, list) else value


async def of(value):
    return value


class Standin(pulumi.ComponentResource):
    def __init__(self, kind, name, properties):
        super().__init__(kind, name, properties)
        self.register_outputs(properties)


for item in json.loads((Path(__file__).parent / "resources.json").read_text()):
    Standin(item["type"], item["name"], resolved(item["properties"]))
"""


@dataclass
class Ran:
    """What one run reported."""

    ok: bool = True
    violations: dict[tuple[str, str], list[str]] = field(default_factory=dict[Any, Any])
    """Messages by policy and resource."""
    levels: dict[str, str] = field(default_factory=dict[str, str])
    errors: str = ""
    made: set[str] = field(default_factory=set[str])

    def __call__(self, event: events.EngineEvent) -> None:
        if found := event.policy_event:
            name = (found.resource_urn or "").rsplit("::", 1)[-1]
            key = (found.policy_name, name)
            self.violations.setdefault(key, []).append(found.message)
            self.levels[found.policy_name] = found.enforcement_level
        if found := event.diagnostic_event:
            self.errors += found.message
        if found := event.res_outputs_event:
            self.made.add(found.metadata.urn.rsplit("::", 1)[-1])


class Packs(Project):
    """A project whose program is a list of resources."""

    def resources(self, *resources: tuple[str, str, Any]) -> None:
        self.program(PROGRAM)
        listed = [
            {"name": name, "type": kind, "properties": properties}
            for name, kind, properties in resources
        ]
        (self.folder / "program" / "resources.json").write_text(json.dumps(listed))

    def environment(self, name: Environment) -> None:
        self.config({}, environment=name)

    def judge(self, operation: str, *packs: str) -> Ran:
        ran = Ran()
        self.env["PULUMI_OPTION_POLICY_PACK"] = ",".join(packs or PACKS)
        try:
            getattr(self.stack(), operation)(on_event=ran, color="never")
        except auto.CommandError as error:
            ran.ok = False
            ran.errors += str(error)
        return ran


@pytest.fixture
def project(tmp_path: Path) -> Generator[Packs]:
    before = dict(os.environ)
    yield Packs(tmp_path / "a project")
    os.environ.clear()
    os.environ.update(before)


def samples() -> list[tuple[str, str, Any]]:
    """For every rule a resource that follows it and one that does not."""
    found: list[tuple[str, str, Any]] = []
    for rule in RULES:
        for name, sample in (("passes", rule.passes), ("fails", rule.fails)):
            found.append((f"{rule.id}-{name}", sample.type, dict(sample.properties)))
            for index, item in enumerate(sample.beside):
                found.append((f"{rule.id}-{name}-{index}", item.type, dict(item.properties)))
    return found


def about(rule: Rule) -> set[tuple[str, str]]:
    """What a rule's finding may be about: its example that fails, or the stack."""
    stack = {(rule.id, f"engine-{STACK}")} if rule.stack_check else set[tuple[str, str]]()
    return {(rule.id, f"{rule.id}-fails")} | stack


@pytest.mark.parametrize("where", ["dev", "staging", "prod"])
def test_every_rule_at_its_level(project: Packs, where: Environment) -> None:
    project.resources(*samples())
    project.environment(where)
    ran = project.judge("preview")
    assert not ran.ok
    for rule in RULES:
        level: Level = rule.levels.at(where)
        # What a stack lacks is not lacking beside the examples of all rules.
        if rule.id not in ELSEWHERE:
            assert bool(about(rule) & set(ran.violations)) is (level != "disabled"), rule.id
        assert (rule.id, f"{rule.id}-passes") not in ran.violations, rule.id
        if level != "disabled" and rule.id not in ELSEWHERE:
            assert ran.levels[rule.id] == level
    (message,) = ran.violations["owner-present", "owner-present-fails"]
    assert "owner-present-fails has the owner 'todo', which is nobody" in message


def good(**changes: Any) -> list[tuple[str, str, Any]]:
    """A deployment that follows every rule, and a server for it."""
    facts = {
        "owner": "diagnostics", "evaluation": "passed", "metric": "f1", "score": 0.97,
        "baseline": 0.77, "data_sha256": "5f" * 32, "pinned": True, "monthly_usd": 0,
    }  # fmt: skip
    server = {
        "host": "127.0.0.1", "api_key": {"secret": SECRET}, "max_body_bytes": 1024,
        "max_rows": 10, "memory_bytes": 2**30, "log_bytes": 2**20,
    }  # fmt: skip
    return [
        ("cancer", "modelport:index:LocalService", facts | changes),
        ("cancer", "modelport:local:Server", server),
    ]


def test_a_good_deployment_passes_every_pack_in_prod(project: Packs) -> None:
    project.resources(*good())
    project.environment("prod")
    ran = project.judge("up")
    assert ran.ok, ran.errors
    assert ran.violations == {}
    assert "cancer" in ran.made


def test_unknown_values_wait_for_the_update_and_stop_it(project: Packs) -> None:
    variables = {"A": {"later": 1}, "API_KEY": {"later": SECRET}, "B_TOKEN": {"secret": SECRET}}
    function = ("fn", "aws:lambda/function:Function", {"environment": {"variables": variables}})
    service = good(owner={"later": "todo"}, monthly_usd={"later": 9000}, score={"later": 0.98})
    secret = ("environment-no-plain-secrets", "fn")
    project.environment("prod")

    project.resources(*service, function)
    preview = project.judge("preview")
    assert {key for key in preview.violations if key[1] != "fn"} == set()
    assert len(preview.violations[secret]) == 1

    # One at a time: the first resource that is refused ends an update.
    project.resources(function)
    update = project.judge("up")
    assert not update.ok
    assert len(update.violations[secret]) == 2
    assert "fn" not in update.made
    assert SECRET not in repr(preview) + repr(update)

    project.resources(*service)
    update = project.judge("up")
    assert not update.ok
    assert set(update.violations) == {("owner-present", "cancer"), ("monthly-limit", "cancer")}


def test_a_mandatory_violation_stops_an_update_before_the_resource_is_made(project: Packs) -> None:
    """A real custom resource of the plugin, so that there is something to make."""
    project.program(
        "import signal, pulumi\n"
        "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "from modelport.resources import ApiKey\n"
        "class Standin(pulumi.ComponentResource): pass\n"
        "service = Standin('modelport:index:LocalService', 'cancer', {'owner': 'todo'})\n"
        "ApiKey('cancer-key', deployment='cancer', opts=pulumi.ResourceOptions(parent=service))\n"
    )
    project.environment("dev")
    ran = project.judge("up")
    assert not ran.ok
    assert ("owner-present", "cancer") in ran.violations
    assert ran.made <= {f"engine-{STACK}"}
    exported = json.loads(project.pulumi("stack", "export", "-s", STACK).stdout)
    kinds = [item["type"] for item in exported["deployment"].get("resources", [])]
    assert set(kinds) <= {"pulumi:pulumi:Stack", "pulumi:providers:modelport"}


def test_an_advisory_violation_stops_nothing(project: Packs) -> None:
    project.resources(*good(data_sha256="latest", pinned=False))
    project.environment("dev")
    ran = project.judge("up")
    assert ran.ok, ran.errors
    assert set(ran.violations) == {("training-data-known", "cancer")}
    assert ran.levels == {"training-data-known": "advisory"}


def test_settings_reach_the_rules_and_bad_ones_stop_the_run(project: Packs) -> None:
    project.resources(*good(owner="todo", monthly_usd=2000))
    project.environment("prod")
    exemption = {"resource": "canc*", "reason": "fair stand, no data", "expires": "2999-01-01"}
    security, cost = project.folder / "security.json", project.folder / "cost.json"
    security.write_text(json.dumps({"owner-present": {"exemptions": [exemption]}}))
    reliability = project.folder / "reliability.json"
    reliability.write_text("{}")
    cost.write_text(json.dumps({"monthly-limit": {"monthly_usd": 2000}}))
    project.env["PULUMI_OPTION_POLICY_PACK_CONFIG"] = f"{cost},{reliability},{security}"
    ran = project.judge("preview")
    assert ran.ok, ran.errors
    assert ran.violations == {}
    del exemption["reason"]
    security.write_text(json.dumps({"owner-present": {"exemptions": [exemption]}}))
    ran = project.judge("preview")
    assert not ran.ok
    assert "owner-present: exemptions.0: reason is required" in ran.errors


def test_a_remedy_mends_what_is_asked_for_only_when_it_is_switched_on(project: Packs) -> None:
    key, bucket = "aws:kms/key:Key", "gcp:storage/bucket:Bucket"
    project.resources(
        ("key", key, {"description": {"secret": SECRET}, "tags": {"a": {"later": "b"}}}),
        ("bucket", bucket, {"location": "EU"}),
    )
    project.environment("prod")
    security = project.folder / "security.json"
    project.env["PULUMI_OPTION_POLICY_PACK_CONFIG"] = str(security)
    security.write_text("{}")
    ran = project.judge("preview", SECURITY_PACK)
    assert not ran.ok
    assert ran.violations["kms-rotation", "key"]
    security.write_text(
        json.dumps(dict.fromkeys(("kms-rotation", "gcs-public-access-prevention"), "remediate"))
    )
    ran = project.judge("preview", SECURITY_PACK)
    assert {"kms-rotation", "gcs-public-access-prevention"}.isdisjoint(
        name for name, _ in ran.violations
    )
    assert SECRET not in repr(ran)


def test_a_rule_that_breaks_blocks(project: Packs, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\nversion: 0.0.1\n")
    (pack / "__main__.py").write_text(
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from modelport_policies import SECURITY\n"
        "from modelport_policies.pack import run_pack\n"
        "broken = [replace(rule, check=lambda resource, _: 1 / 0) for rule in SECURITY\n"
        "          if rule.id == 'owner-present']\n"
        "run_pack('broken', broken, Path(__file__).parent)\n"
    )
    project.resources(*good())
    project.environment("prod")
    ran = project.judge("preview", str(pack))
    assert not ran.ok
    (message,) = ran.violations["owner-present", "cancer"]
    assert "cancer could not be judged: the rule broke with ZeroDivisionError" in message


def test_plain_pulumi_shows_what_why_and_fix(project: Packs) -> None:
    project.resources(*good(owner="todo"))
    project.environment("dev")
    project.stack()
    ran = project.pulumi(
        "preview", "-s", STACK, "--non-interactive", "--policy-pack", SECURITY_PACK
    )
    assert ran.returncode != 0
    lines = [line.strip() for line in ran.stdout.splitlines()]
    start = lines.index("Every model that is live names the team that answers for it.")
    assert "owner-present  (modelport:index:LocalService: cancer)" in lines[start - 1]
    assert lines[start + 1] == "cancer has the owner 'todo', which is nobody"
    assert [line.split(":")[0] for line in lines[start + 2 : start + 5]] == ["why", "fix", "source"]


COMPONENT = """\
import signal
import pulumi
from modelport.config import parse
from modelport.local_service import LocalService
from modelport.plan import PlanContext
from records import VERSION, record

signal.signal(signal.SIGINT, signal.SIG_DFL)
for name, target in TARGETS.items():
    values = {"bundle": f"breast_cancer@{VERSION}", "owner": "diagnostics", "target": target}
    config = parse({"deployments": {name: values}}).deployments[name]
    LocalService(name, config, record=record(), context=PlanContext("test", "prod"))
"""


def test_the_component_s_defaults_follow_every_rule_in_prod(project: Packs) -> None:
    """The real component, the real plugin: only who opens it to a network is told about TLS."""
    targets = {"closed": {"port": 3000}, "open": {"port": 3001, "host": "0.0.0.0"}}
    project.program(COMPONENT.replace("TARGETS", repr(targets)))
    project.env["PYTHONPATH"] = str(ROOT / "tests")  # for the record of a bundle that nobody built
    project.environment("prod")
    ran = project.judge("preview")
    assert set(ran.violations) == {("endpoint-public-needs-tls", "open")}, ran.errors
