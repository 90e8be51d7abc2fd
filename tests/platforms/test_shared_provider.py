"""Deployments of one stack that go to the same place share a provider, which is a process."""

from pathlib import Path
from typing import Any

import pytest

from offline_project import OfflineProject
from platform_life import FIRST, assert_still, project_for

pytestmark = pytest.mark.engine

AWS: dict[str, Any] = {"kind": "aws.lambda"}
GOOGLE: dict[str, Any] = {"kind": "gcp.cloud_run", "project": "diagnostics-dev"}
AZURE: dict[str, Any] = {"kind": "azure.container_apps"}


def declare(project: OfflineProject, **targets: dict[str, Any]) -> None:
    deployments = {
        name: {"bundle": f"breast_cancer@{FIRST}", "owner": "diagnostics", "target": target}
        for name, target in targets.items()
    }
    project.settings(modelport__deployments=deployments, modelport__environment="dev")


def providers(project: OfflineProject) -> set[str]:
    """Names of the providers that the program declared."""
    return {
        name
        for name, item in project.state().items()
        if item["type"].startswith("pulumi:providers:") and not name.startswith("default")
    }


@pytest.mark.parametrize(
    ("target", "here", "elsewhere", "named"),
    [
        (AWS, "eu-west-1", "eu-central-1", "aws-{}"),
        (GOOGLE, "europe-west4", "europe-west1", "gcp-diagnostics-dev-{}"),
        (AZURE, "westeurope", "northeurope", "azure-{}"),
    ],
    ids=["aws", "gcp", "azure"],
)
def test_one_for_each_place(
    tmp_path: Path, target: dict[str, Any], here: str, elsewhere: str, named: str
) -> None:
    project = project_for(tmp_path / "project")
    first, other = ({**target, "region": region} for region in (here, elsewhere))
    declare(project, one=first, two=first, three=other)
    up = project.do("up")
    assert up.ok, up.messages
    assert providers(project) == {named.format(here), named.format(elsewhere)}

    # The one that was declared first goes; what shares its provider stays as it is.
    declare(project, two=first)
    fewer = project.do("up")
    assert fewer.ok, fewer.messages
    assert set(fewer.steps.values()) <= {"same", "read", "delete"}, fewer.steps
    assert providers(project) == {named.format(here)}
    assert_still(project)
