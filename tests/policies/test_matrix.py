"""Every component in every environment against every rule of every pack, in the real engine."""

from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import CommandError, events

from modelport.config.targets import TARGETS
from modelport_policies.rule import Environment
from platform_life import FIRST, PACKS, project_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

_GOOGLE = {"region": "europe-west4", "project": "diagnostics-dev"}
_CLOUDS = {"aws": {"region": "eu-west-1"}, "gcp": _GOOGLE, "azure": {"region": "westeurope"}}
_FIELDS: dict[str, dict[str, Any]] = {
    "docker": {"port": 3001},
    "gcp.app_engine": {"region": "europe-west1"},
    "kubernetes": {"image": "registry.example.com/models/cancer"},
    "local": {"port": 3000},
}
_PUBLIC = ("heroku",)
"""Kinds that are the internet's, and refuse to be called anything else."""


_AWS_ZONE = {"hosted_zone": "Z0123456789ABC"}
_OPENED: dict[str, dict[str, Any]] = {
    "aws.beanstalk": _AWS_ZONE,
    "aws.ec2": _AWS_ZONE,
    "aws.ecs": _AWS_ZONE,
    "aws.lambda": _AWS_ZONE,
    "azure.container_apps": {},
    "azure.functions": {},
    "azure.ml": {},
    "azure.vm": {"certificate": "https://clinic.vault.azure.net/secrets/cancer"},
    "azure.web_app": {},
    "gcp.app_engine": {},
    "gcp.cloud_run": {},
    "gcp.compute": {
        "certificate": "projects/diagnostics-dev/regions/europe-west4/sslCertificates/cancer"
    },
    "gcp.functions": {},
    "gcp.vertex": {},
    "heroku": {},
}
"""Kinds that can be public, and what they want for it."""


def opened(kind: str) -> dict[str, Any]:
    """The same, meant for the internet; where a name of one's own is wanted, with one."""
    found = deployment(kind)
    found["target"] |= _OPENED[kind]
    domain = {"domain": "cancer.example.com"} if _OPENED[kind] else {}
    return {**found, "exposure": "public", **domain}


def deployment(kind: str) -> dict[str, Any]:
    """A deployment that says no more than it must."""
    target = {"kind": kind, **_CLOUDS.get(kind.split(".")[0], {}), **_FIELDS.get(kind, {})}
    exposure = {"exposure": "public"} if kind in _PUBLIC else {}
    return {
        "bundle": f"breast_cancer@{FIRST}",
        "owner": "diagnostics",
        "target": target,
        **exposure,
    }


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param("dev", marks=pytest.mark.soak),
        pytest.param("staging", marks=pytest.mark.soak),
        "prod",
    ],
)
def test_components_follow_every_rule(tmp_path: Path, environment: Environment) -> None:
    found, kinds = _broken(tmp_path, environment, {kind: deployment(kind) for kind in TARGETS})
    assert found == set()
    assert {"aws:sagemaker/model:Model", "kubernetes:apps/v1:Deployment"} <= kinds


@pytest.mark.soak
def test_what_is_public_on_purpose_follows_them_as_well(tmp_path: Path) -> None:
    found, kinds = _broken(tmp_path, "prod", {kind: opened(kind) for kind in _OPENED})
    assert found == set()
    assert "gcp:cloudrunv2/service:Service" in kinds


def _broken(
    folder: Path, environment: Environment, deployments: dict[str, dict[str, Any]]
) -> tuple[set[tuple[str, str]], set[str]]:
    """Mandatory rules that a preview of all of these breaks, and the types that it makes."""
    project = project_for(folder / "a project")
    every = {kind.replace(".", "-").replace("_", "-"): item for kind, item in deployments.items()}
    project.settings(modelport__deployments=every, modelport__environment=environment)
    project.env["PULUMI_OPTION_POLICY_PACK"] = PACKS
    for name in ("answers", "faults"):
        (project.folder / f"{name}.json").write_text("{}")
    files = [project.folder / f"{name}.json" for name in ("cost", "reliability", "security")]
    for file in files:
        file.write_text("{}")
    project.env["PULUMI_OPTION_POLICY_PACK_CONFIG"] = ",".join(str(file) for file in files)
    found: set[tuple[str, str]] = set()
    kinds: set[str] = set()

    def listen(event: events.EngineEvent) -> None:
        if event.policy_event and event.policy_event.enforcement_level == "mandatory":
            name = (event.policy_event.resource_urn or "").rsplit("::", 1)[-1]
            found.add((event.policy_event.policy_name, name))
        if event.resource_pre_event:
            kinds.add(event.resource_pre_event.metadata.type)

    try:
        project.stack().preview(on_event=listen, color="never")
    except CommandError:
        if not found:
            raise  # it stopped for another reason
    return found, kinds
