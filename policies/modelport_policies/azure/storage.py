"""Rules about storage, registries, vaults, logs and roles on Azure."""

from modelport_policies.demands import (
    all_of,
    is_false,
    is_no,
    is_not_true,
    is_one_of,
    is_true,
    within,
)
from modelport_policies.rule import ADVICE, STRICT_IN_PROD, Parameter, Rule, Sample
from modelport_policies.values import UNKNOWN, flag, read, text

_ACCOUNT = "azure-native:storage:StorageAccount"
_REGISTRY = "azure-native:containerregistry:Registry"
_VAULT = "azure-native:keyvault:Vault"
_LOGS = "azure-native:operationalinsights:Workspace"
_ROLE = "azure-native:authorization:RoleAssignment"
_STRONG = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
"""Source: Azure built-in roles, their fixed identifiers."""
_DEFINITIONS = "/subscriptions/1/providers/Microsoft.Authorization/roleDefinitions/"

BLOBS_PRIVATE = Rule(
    id="azstorage-no-blob-public",
    title="No container of a storage account can be made public.",
    severity="critical",
    types=(_ACCOUNT,),
    rationale="without it one container, set wrongly by anybody, opens models and data to all",
    fix="allow_blob_public_access=False",
    sources=("CKV_AZURE_59", "CKV_AZURE_190", "CKV2_AZURE_47"),
    passes=Sample(_ACCOUNT, {"allowBlobPublicAccess": False}),
    fails=Sample(_ACCOUNT, {"allowBlobPublicAccess": True}),
    check=is_not_true("allowBlobPublicAccess", "so a container can be made public"),
    remedies={"allowBlobPublicAccess": False},
)

OVER_TLS = Rule(
    id="azstorage-https-tls12",
    title="A storage account is spoken to over TLS 1.2 or newer.",
    severity="high",
    types=(_ACCOUNT,),
    rationale="models and data in plain HTTP or TLS 1.0 can be read and changed on the way",
    fix='enable_https_traffic_only=True, minimum_tls_version="TLS1_2"',
    sources=("CKV_AZURE_3", "CKV_AZURE_44"),
    passes=Sample(_ACCOUNT, {"enableHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2"}),
    fails=Sample(_ACCOUNT, {"enableHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_0"}),
    also_fails=(
        Sample(_ACCOUNT, {"enableHttpsTrafficOnly": False, "minimumTlsVersion": "TLS1_2"}),
    ),
    check=all_of(
        is_true("enableHttpsTrafficOnly", "so it may take plain HTTP"),
        is_one_of("minimumTlsVersion", ["TLS1_2", "TLS1_3"], "so it takes TLS 1.0"),
    ),
    remedies={"enableHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2"},
)

NO_SHARED_KEY = Rule(
    id="azstorage-no-shared-key",
    title="A storage account takes identities, not its keys.",
    severity="high",
    types=(_ACCOUNT,),
    rationale="a key opens everything, never ends, and says nothing of who used it",
    fix="allow_shared_key_access=False",
    sources=("CKV2_AZURE_40", "prowler storage_account_key_access_disabled"),
    levels=STRICT_IN_PROD,
    passes=Sample(_ACCOUNT, {"allowSharedKeyAccess": False}),
    fails=Sample(_ACCOUNT, {"allowSharedKeyAccess": True}),
    also_fails=(Sample(_ACCOUNT, {}),),
    check=is_false("allowSharedKeyAccess", "so a key that never ends opens everything"),
)

NETWORK_NAMED = Rule(
    id="azstorage-default-deny",
    title="A storage account that takes keys is reached from named networks only.",
    severity="high",
    types=(_ACCOUNT,),
    rationale="a key that leaked otherwise works from anywhere",
    fix='network_rule_set={default_action: "Deny"}, or allow_shared_key_access=False',
    sources=("CKV_AZURE_35",),
    levels=STRICT_IN_PROD,
    passes=Sample(_ACCOUNT, {"networkRuleSet": {"defaultAction": "Deny"}}),
    fails=Sample(_ACCOUNT, {"networkRuleSet": {"defaultAction": "Allow"}}),
    also_passes=(
        Sample(_ACCOUNT, {"publicNetworkAccess": "Disabled"}),
        Sample(_ACCOUNT, {"allowSharedKeyAccess": False}),
    ),
    check=is_one_of(
        "networkRuleSet.defaultAction",
        ["Deny"],
        "so a key that leaked works from anywhere",
        unless=lambda properties: (
            text(properties, "publicNetworkAccess") in ("Disabled", UNKNOWN)
            or read(properties, "allowSharedKeyAccess") is UNKNOWN
            or flag(read(properties, "allowSharedKeyAccess")) is False
        ),
    ),
)

NO_ADMINISTRATOR = Rule(
    id="acr-no-admin",
    title="A registry has no administrator's password.",
    severity="high",
    types=(_REGISTRY,),
    rationale="one password for all lets whoever reads it push another image",
    fix="leave admin_user_enabled out, and give AcrPull to identities",
    sources=("CKV_AZURE_137", "prowler containerregistry_admin_user_disabled"),
    passes=Sample(_REGISTRY, {"adminUserEnabled": False}),
    fails=Sample(_REGISTRY, {"adminUserEnabled": True}),
    check=is_not_true("adminUserEnabled", "so one password may push images"),
    remedies={"adminUserEnabled": False},
)

NO_ANONYMOUS = Rule(
    id="acr-no-anonymous-pull",
    title="Nobody without a name pulls images.",
    severity="high",
    types=(_REGISTRY,),
    rationale="an image holds the model and the code",
    fix="leave anonymous_pull_enabled out",
    sources=("CKV_AZURE_138",),
    passes=Sample(_REGISTRY, {"anonymousPullEnabled": False}),
    fails=Sample(_REGISTRY, {"anonymousPullEnabled": True}),
    check=is_not_true("anonymousPullEnabled", "so anybody pulls the model"),
    remedies={"anonymousPullEnabled": False},
)

REGISTRY_PRIVATE = Rule(
    id="acr-no-public",
    title="A Premium registry is reached from one's own network only.",
    severity="medium",
    types=(_REGISTRY,),
    rationale="a token that leaked otherwise pulls and pushes from anywhere",
    fix='public_network_access="Disabled", with a private endpoint; other tiers cannot',
    sources=("CKV_AZURE_139", "prowler containerregistry_not_publicly_accessible"),
    levels=STRICT_IN_PROD,
    passes=Sample(_REGISTRY, {"sku": {"name": "Premium"}, "publicNetworkAccess": "Disabled"}),
    fails=Sample(_REGISTRY, {"sku": {"name": "Premium"}, "publicNetworkAccess": "Enabled"}),
    also_passes=(Sample(_REGISTRY, {"sku": {"name": "Basic"}, "publicNetworkAccess": "Enabled"}),),
    check=is_one_of(
        "publicNetworkAccess",
        ["Disabled"],
        "so the internet reaches it",
        unless=lambda properties: text(properties, "sku", "name") != "Premium",
    ),
)

VAULT_BY_ROLE = Rule(
    id="azkeyvault-rbac-no-public",
    title="Who may read a vault is said by roles.",
    severity="high",
    types=(_VAULT,),
    rationale="an access policy gives all secrets of a vault, and no list of roles shows it",
    fix="properties={…, enable_rbac_authorization: True}",
    sources=("prowler keyvault_rbac_enabled", "CKV_AZURE_189"),
    levels=STRICT_IN_PROD,
    passes=Sample(_VAULT, {"properties": {"enableRbacAuthorization": True}}),
    fails=Sample(_VAULT, {"properties": {"enableRbacAuthorization": False}}),
    check=is_true(
        "properties.enableRbacAuthorization", "so an access policy gives all its secrets"
    ),
)

VAULT_KEPT = Rule(
    id="azkeyvault-purge-protection",
    title="A vault cannot be removed for good by one mistake.",
    severity="medium",
    types=(_VAULT,),
    rationale="with a key that is gone everything that it encrypted is gone",
    fix="properties={…, enable_purge_protection: True}; it cannot be taken back",
    sources=("CKV_AZURE_110", "prowler keyvault_recoverable"),
    levels=ADVICE,
    passes=Sample(_VAULT, {"properties": {"enablePurgeProtection": True}}),
    fails=Sample(_VAULT, {"properties": {"enablePurgeProtection": False}}),
    check=is_true("properties.enablePurgeProtection", "so one mistake removes it for good"),
)

ROLE_BOUNDED = Rule(
    id="azrole-no-owner",
    title="No program owns a subscription or a group.",
    severity="high",
    types=(_ROLE,),
    rationale="one program that is broken into then deletes, copies and pays anything",
    fix="the role of what it does, e.g. AcrPull or Storage Blob Data Reader, on that one resource",
    sources=("CIS Microsoft Azure Foundations, identity and access management",),
    passes=Sample(
        _ROLE, {"roleDefinitionId": f"{_DEFINITIONS}7f951dda-4ed3-4680-a7ca-43fe172d538d"}
    ),
    fails=Sample(
        _ROLE, {"roleDefinitionId": f"{_DEFINITIONS}8e3af657-a8ff-443c-a75c-2fe8c4bcb635"}
    ),
    also_fails=tuple(
        Sample(_ROLE, {"roleDefinitionId": f"{_DEFINITIONS}{found}"}) for found in _STRONG
    ),
    check=is_no(
        "roleDefinitionId",
        lambda found: found.rsplit("/", 1)[-1].lower() in _STRONG,
        "Owner, Contributor or a role that gives roles",
    ),
)

LOGS_RETAINED = Rule(
    id="azure-log-retention-set",
    title="A log workspace says how long it keeps its logs.",
    severity="low",
    types=(_LOGS,),
    rationale="logs without an end cost more each month, and keep personal data for ever",
    fix="retention_in_days=90",
    sources=("CKV_AWS_66 (analogue)", "GDPR, article 5(1)(e) storage limitation"),
    levels=STRICT_IN_PROD,
    parameters={"max_days": Parameter(400, "longest time in days")},
    passes=Sample(_LOGS, {"retentionInDays": 90}),
    fails=Sample(_LOGS, {"retentionInDays": 730}),
    check=within("retentionInDays", 7, "max_days", "so they are kept longer than is needed"),
    remedies={"retentionInDays": 90},
)

LOGS_CAPPED = Rule(
    id="cost-loganalytics-cap",
    title="A log workspace takes so much a day and no more.",
    severity="low",
    types=(_LOGS,),
    rationale="a server that logs in a loop costs 2.76 USD per GB until somebody sees it",
    fix="workspace_capping={daily_quota_gb: 5}; what comes after it is lost until the next day",
    sources=("Azure Monitor, 'Set daily cap on Log Analytics workspace'",),
    levels=ADVICE,
    passes=Sample(_LOGS, {"workspaceCapping": {"dailyQuotaGb": 5}}),
    fails=Sample(_LOGS, {"workspaceCapping": {"dailyQuotaGb": -1}}),
    check=within("workspaceCapping.dailyQuotaGb", 0.023, None, "so a loop of logs has no end"),
)

IMAGES_CLEANED = Rule(
    id="cost-acr-retention",
    title="A Premium registry forgets images that no tag names.",
    severity="low",
    types=(_REGISTRY,),
    rationale="images of models are gigabytes, each costs 0.10 USD per GB and month",
    fix='policies={retention_policy: {status: "enabled", days: 7}}; other tiers cannot',
    sources=("CKV_AZURE_167",),
    levels=ADVICE,
    passes=Sample(
        _REGISTRY,
        {"sku": {"name": "Premium"}, "policies": {"retentionPolicy": {"status": "enabled"}}},
    ),
    fails=Sample(
        _REGISTRY,
        {"sku": {"name": "Premium"}, "policies": {"retentionPolicy": {"status": "disabled"}}},
    ),
    also_passes=(Sample(_REGISTRY, {"sku": {"name": "Basic"}}),),
    check=is_one_of(
        "policies.retentionPolicy.status",
        ["enabled"],
        "so every image ever pushed is paid for",
        unless=lambda properties: text(properties, "sku", "name") != "Premium",
    ),
)

SECURITY = (
    BLOBS_PRIVATE,
    OVER_TLS,
    NO_SHARED_KEY,
    NETWORK_NAMED,
    NO_ADMINISTRATOR,
    NO_ANONYMOUS,
    REGISTRY_PRIVATE,
    VAULT_BY_ROLE,
    ROLE_BOUNDED,
    LOGS_RETAINED,
)
RELIABILITY = (VAULT_KEPT,)
COST = (LOGS_CAPPED, IMAGES_CLEANED)
