"""Rules about Azure Machine Learning: who reaches its endpoints and workspaces, and as whom."""

from modelport_policies.conditions import declared_public
from modelport_policies.demands import all_of, is_one_of, is_set, is_true, within
from modelport_policies.rule import (
    ADVICE,
    DEV_ONLY,
    STRICT_IN_PROD,
    Parameter,
    Rule,
    Sample,
)

_ML = "azure-native:machinelearningservices:"
_WORKSPACE = f"{_ML}Workspace"
_ENDPOINT = f"{_ML}OnlineEndpoint"
_DEPLOYMENT = f"{_ML}OnlineDeployment"
_BATCH = f"{_ML}BatchEndpoint"
_USER = ("UserAssigned", "SystemAssigned,UserAssigned")
_PROBE = {"initialDelay": "PT10S", "period": "PT10S"}

WORKSPACE_PRIVATE = Rule(
    id="aml-workspace-no-public",
    title="A workspace of Azure Machine Learning is reached from one's own network only.",
    severity="high",
    types=(_WORKSPACE,),
    rationale="with a stolen token anybody could read its models and start machines from anywhere",
    fix='public_network_access="Disabled", with a private endpoint, or the tag exposure: public',
    sources=("Azure Policy 438c38d2", "CKV_AZURE_144", "CKV2_AZURE_49"),
    levels=STRICT_IN_PROD,
    passes=Sample(_WORKSPACE, {"publicNetworkAccess": "Disabled"}),
    fails=Sample(_WORKSPACE, {"publicNetworkAccess": "Enabled"}),
    also_passes=(Sample(_WORKSPACE, {"tags": {"exposure": "public"}}),),
    check=is_one_of(
        "publicNetworkAccess",
        ["Disabled"],
        "so the internet reaches it",
        unless=declared_public,
    ),
)

WORKSPACE_NETWORK = Rule(
    id="aml-workspace-managed-network",
    title="Machines of a workspace reach approved addresses only.",
    severity="medium",
    types=(_WORKSPACE,),
    rationale="a library that was tampered with could send training data away",
    fix='managed_network={isolation_mode: "AllowOnlyApprovedOutbound"}',
    sources=("Azure Policy 6ddb1705",),
    levels=ADVICE,
    passes=Sample(_WORKSPACE, {"managedNetwork": {"isolationMode": "AllowOnlyApprovedOutbound"}}),
    fails=Sample(_WORKSPACE, {"managedNetwork": {"isolationMode": "Disabled"}}),
    check=is_one_of(
        "managedNetwork.isolationMode",
        ["AllowOnlyApprovedOutbound"],
        "so its machines call any address",
    ),
)

WORKSPACE_ENCRYPTED = Rule(
    id="aml-workspace-cmk",
    title="A workspace is encrypted with a key of one's own.",
    severity="low",
    types=(_WORKSPACE,),
    rationale="Azure encrypts with its own key anyway; only an own key can be withdrawn",
    fix='encryption={status: "Enabled", key_vault_properties: {…}}',
    sources=("Azure Policy ba769a63", "Azure Policy 7f40cee6"),
    levels=ADVICE,
    passes=Sample(_WORKSPACE, {"encryption": {"status": "Enabled"}}),
    fails=Sample(_WORKSPACE, {"encryption": {"status": "Disabled"}}),
    check=is_one_of("encryption.status", ["Enabled"], "so nobody here can withdraw its key"),
)

WORKSPACE_IDENTITY = Rule(
    id="aml-workspace-uami",
    title="A workspace acts as an identity of its own.",
    severity="medium",
    types=(_WORKSPACE,),
    rationale="what a workspace may do is given before it is there, and seen in one place",
    fix='primary_user_assigned_identity=identity.id, identity={type: "UserAssigned", …}',
    sources=("Azure Policy 5f0c7d88",),
    levels=STRICT_IN_PROD,
    passes=Sample(_WORKSPACE, {"primaryUserAssignedIdentity": "/subscriptions/1/id"}),
    fails=Sample(_WORKSPACE, {"identity": {"type": "SystemAssigned"}}),
    check=is_set("primaryUserAssignedIdentity", "so its rights are given to what Azure makes"),
)

STORES_BY_IDENTITY = Rule(
    id="aml-workspace-identity-datastores",
    title="A workspace reads its storage by identity, not with keys.",
    severity="medium",
    types=(_WORKSPACE,),
    rationale="whoever works in the workspace could otherwise read the keys of its storage",
    fix='system_datastores_auth_mode="identity"',
    sources=("Azure Machine Learning, 'Disable shared key access for your workspace'",),
    levels=STRICT_IN_PROD,
    passes=Sample(_WORKSPACE, {"systemDatastoresAuthMode": "identity"}),
    fails=Sample(_WORKSPACE, {"systemDatastoresAuthMode": "accesskey"}),
    check=is_one_of("systemDatastoresAuthMode", ["identity"], "so it keeps keys of the storage"),
)

ENDPOINT_PRIVATE = Rule(
    id="aml-endpoint-no-public",
    title="An online endpoint is reached from one's own network only.",
    severity="high",
    types=(_ENDPOINT,),
    rationale="a private address keeps out whoever has a stolen token but is not in the network",
    fix='properties={…, public_network_access: "Disabled"}, or exposure: public',
    sources=("Azure Machine Learning, 'Secure your managed online endpoints'",),
    levels=STRICT_IN_PROD,
    passes=Sample(
        _ENDPOINT,
        {"properties": {"authMode": "AADToken", "publicNetworkAccess": "Disabled"}},
    ),
    fails=Sample(
        _ENDPOINT,
        {"properties": {"authMode": "AADToken", "publicNetworkAccess": "Enabled"}},
    ),
    also_passes=(Sample(_ENDPOINT, {"tags": {"exposure": "public"}}),),
    check=is_one_of(
        "properties.publicNetworkAccess",
        ["Disabled"],
        "so the internet reaches it",
        unless=declared_public,
    ),
)

ENDPOINT_TOKENS = Rule(
    id="aml-endpoint-aad-auth",
    title="An online endpoint asks for tokens that end.",
    severity="high",
    types=(_ENDPOINT,),
    rationale="its keys never end, are the same for all callers, and say nothing of who called",
    fix='properties={…, auth_mode: "AADToken"}',
    sources=("Azure Policy e96a9a5f (intent)",),
    passes=Sample(_ENDPOINT, {"properties": {"authMode": "AADToken"}}),
    fails=Sample(_ENDPOINT, {"properties": {"authMode": "Key"}}),
    check=is_one_of("properties.authMode", ["AADToken"], "so a key that never ends opens it"),
)

ENDPOINT_IDENTITY = Rule(
    id="aml-endpoint-user-identity",
    title="An online endpoint acts as an identity of its own.",
    severity="medium",
    types=(_ENDPOINT,),
    rationale="what it may read is given before it is there, and seen in one place",
    fix='identity={type: "UserAssigned", user_assigned_identities: [identity.id]}',
    sources=("Azure Machine Learning, 'Access Azure resources from an online endpoint'",),
    levels=ADVICE,
    passes=Sample(_ENDPOINT, {"identity": {"type": "UserAssigned"}}),
    fails=Sample(_ENDPOINT, {"identity": {"type": "SystemAssigned"}}),
    check=is_one_of("identity.type", _USER, "so its rights are given to what Azure makes"),
)

NO_WAY_OUT = Rule(
    id="aml-deployment-no-egress",
    title="A deployment's container reaches no network but its workspace's.",
    severity="medium",
    types=(_DEPLOYMENT,),
    rationale="a model or a library that was tampered with could send requests away",
    fix='properties={…, egress_public_network_access: "Disabled"}',
    sources=("Azure Machine Learning, 'Network isolation with managed online endpoints'",),
    levels=ADVICE,
    passes=Sample(_DEPLOYMENT, {"properties": {"egressPublicNetworkAccess": "Disabled"}}),
    fails=Sample(_DEPLOYMENT, {"properties": {"egressPublicNetworkAccess": "Enabled"}}),
    check=is_one_of(
        "properties.egressPublicNetworkAccess",
        ["Disabled"],
        "so its container calls any address",
    ),
)

PROBED = Rule(
    id="aml-deployment-probes",
    title="A deployment is asked whether its model is loaded, and whether it lives.",
    severity="medium",
    types=(_DEPLOYMENT,),
    rationale="without them requests go to a server whose model is not loaded, or that hangs",
    fix="properties={…, readiness_probe: {…}, liveness_probe: {…}}",
    sources=("CKV_K8S_8 and CKV_K8S_9 (analogue)",),
    levels=STRICT_IN_PROD,
    passes=Sample(
        _DEPLOYMENT,
        {"properties": {"readinessProbe": _PROBE, "livenessProbe": _PROBE}},
    ),
    fails=Sample(_DEPLOYMENT, {"properties": {"readinessProbe": _PROBE}}),
    check=all_of(
        is_set("properties.readinessProbe", "so requests come before the model"),
        is_set("properties.livenessProbe", "so a server that hangs goes on"),
    ),
)

TWO_MACHINES = Rule(
    id="aml-deployment-ha",
    title="A deployment has two machines or more.",
    severity="medium",
    types=(_DEPLOYMENT,),
    rationale="with one machine its failure, or an update of it, is an outage",
    fix="sku={…, capacity: 2}, or replicas: {min: 2} in the target",
    sources=("AWS Security Hub SageMaker.4 (analogue)",),
    levels=ADVICE,
    passes=Sample(_DEPLOYMENT, {"sku": {"name": "Default", "capacity": 2}}),
    fails=Sample(_DEPLOYMENT, {"sku": {"name": "Default", "capacity": 1}}),
    check=within("sku.capacity", 2, None, "so one machine that fails is an outage"),
)

OBSERVED = Rule(
    id="aml-deployment-app-insights",
    title="A deployment's requests can be looked at.",
    severity="low",
    types=(_DEPLOYMENT,),
    rationale="a slow or failed prediction is found by its trace, not by guessing",
    fix="properties={…, app_insights_enabled: True}",
    sources=("Azure Policy afe0c3be",),
    levels=ADVICE,
    passes=Sample(_DEPLOYMENT, {"properties": {"appInsightsEnabled": True}}),
    fails=Sample(_DEPLOYMENT, {"properties": {"appInsightsEnabled": False}}),
    check=is_true("properties.appInsightsEnabled", "so a failed request leaves no trace"),
)

BATCH_TOKENS = Rule(
    id="aml-batch-endpoint-aad",
    title="A batch endpoint asks for tokens that end.",
    severity="high",
    types=(_BATCH,),
    rationale="a key that never ends lets anybody who found it start machines",
    fix='properties={…, auth_mode: "AADToken"}',
    sources=("Azure Policy e96a9a5f (intent)",),
    passes=Sample(_BATCH, {"properties": {"authMode": "AADToken"}}),
    fails=Sample(_BATCH, {"properties": {"authMode": "Key"}}),
    check=is_one_of("properties.authMode", ["AADToken"], "so a key that never ends opens it"),
)

SMALL_IN_DEV = Rule(
    id="cost-aml-endpoint-capacity",
    title="In dev one machine serves a model.",
    severity="medium",
    types=(_DEPLOYMENT,),
    rationale="each machine is paid for by the hour, asked or not",
    fix="sku={…, capacity: 1} in dev",
    sources=("cleancloud azure.ml.online_endpoint.idle",),
    levels=DEV_ONLY,
    parameters={"most": Parameter(1, "largest number of machines")},
    passes=Sample(_DEPLOYMENT, {"sku": {"name": "Default", "capacity": 1}}),
    fails=Sample(_DEPLOYMENT, {"sku": {"name": "Default", "capacity": 2}}),
    check=within("sku.capacity", None, "most", "each paid for day and night", absent="passes"),
)

SECURITY = (
    WORKSPACE_PRIVATE,
    WORKSPACE_NETWORK,
    WORKSPACE_ENCRYPTED,
    WORKSPACE_IDENTITY,
    STORES_BY_IDENTITY,
    ENDPOINT_PRIVATE,
    ENDPOINT_TOKENS,
    ENDPOINT_IDENTITY,
    NO_WAY_OUT,
    BATCH_TOKENS,
)
RELIABILITY = (PROBED, TWO_MACHINES, OBSERVED)
COST = (SMALL_IN_DEV,)
