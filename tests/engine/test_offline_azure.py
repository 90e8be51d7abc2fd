"""The life of an ordinary azure-native program, offline, with the real engine."""

import pytest

from offline_project import OfflineProject

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
import pulumi_azure_native as azure

config = pulumi.Config()
client = azure.authorization.get_client_config()
group = azure.resources.ResourceGroup("models")
account = azure.storage.StorageAccount(
    "data",
    resource_group_name=group.name,
    kind="StorageV2",
    sku={"name": config.get("sku") or "Standard_LRS"},
    tags={"team": "ml"},
)
keys = azure.storage.list_storage_account_keys_output(
    account_name=account.name, resource_group_name=group.name
)
container = azure.storage.BlobContainer(
    "bundles", account_name=account.name, resource_group_name=group.name
)
environment = azure.app.ManagedEnvironment("apps", resource_group_name=group.name)
app = azure.app.ContainerApp(
    "predict",
    resource_group_name=group.name,
    managed_environment_id=environment.id,
    identity={"type": "SystemAssigned"},
    configuration={
        "secrets": [{"name": "key", "value": keys.keys[0].value}],
        "ingress": {"external": True, "target_port": 8080},
    },
    template={"containers": [{"name": "predict", "image": config.get("image") or "predict:v1"}]},
)
workspace = azure.machinelearningservices.Workspace(
    "space",
    resource_group_name=group.name,
    storage_account=account.id,
    identity={"type": "SystemAssigned"},
    location=config.get("place"),
)
azure.authorization.RoleAssignment(
    "reader",
    scope=account.id,
    principal_id=app.identity.principal_id,
    principal_type="ServicePrincipal",
    role_definition_id="/providers/Microsoft.Authorization/roleDefinitions/acdd72a7",
)
pulumi.export("tenant", client.tenant_id)
pulumi.export("revision", app.latest_revision_name)
pulumi.export("principal", app.identity.principal_id)
pulumi.export("blob", account.primary_endpoints.blob)
"""
ZERO = "00000000-0000-0000-0000-000000000000"


def test_the_life_of_a_program(offline_project: OfflineProject) -> None:
    project = offline_project
    project.program(PROGRAM)
    place = "azure-native:location"
    project.settings(**{place: "westeurope"})
    made = project.do("up")
    assert made.ok, made.messages
    state = project.state()
    group = state["models"]["outputs"]["name"]
    prefix = f"/subscriptions/{ZERO}/resourceGroups/{group}"
    assert state["models"]["id"] == prefix
    account = state["data"]["outputs"]["name"]
    path = f"{prefix}/providers/Microsoft.Storage/storageAccounts/{account}"
    assert state["data"]["id"] == path
    assert state["bundles"]["id"].startswith(f"{path}/blobServices/default/containers/")
    assert state["space"]["id"].startswith(
        f"{prefix}/providers/Microsoft.MachineLearningServices/workspaces/"
    )
    assert state["reader"]["id"].startswith(
        f"{path}/providers/Microsoft.Authorization/roleAssignments/"
    )
    assert state["space"]["outputs"]["location"] == "westeurope"
    outputs = project.outputs()
    assert outputs["tenant"] == ZERO
    assert outputs["principal"].startswith("0ff11e")
    assert outputs["blob"] == f"https://{account}.blob.core.windows.net.offline.invalid/"
    assert set(project.do("up").steps.values()) == {"same"}

    project.settings(**{place: "westeurope"}, image="predict:v2")
    assert project.do("preview").did("update") == {"predict"}
    changed = project.do("up")
    assert changed.did("update") == {"predict"}, changed.messages
    assert project.outputs()["principal"] == outputs["principal"]

    project.settings(**{place: "westeurope"}, image="predict:v2", place="northeurope")
    replaced = project.do("up")
    assert replaced.ok, replaced.messages
    assert replaced.steps["space"] == "replace"

    project.faults = {"data": {"read": {"sku.name": "Premium_LRS"}}}
    assert project.do("refresh").ok
    project.faults = {}
    mended = project.do("up")
    assert mended.steps["data"] in ("update", "replace"), mended.messages
    gone = project.do("destroy")
    assert gone.ok, gone.messages
    assert project.state() == {}
