"""Rules about Web Apps, Functions and Container Apps: who reaches them, over what, as whom."""

from collections.abc import Iterator, Mapping

from modelport_policies.conditions import declared_public
from modelport_policies.demands import (
    is_none_of,
    is_not_true,
    is_one_of,
    is_set,
    is_true,
    within,
)
from modelport_policies.rule import (
    ADVICE,
    ADVICE_IN_DEV,
    DEV_ONLY,
    STRICT_IN_PROD,
    Parameter,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import items, text

_APP = "azure-native:web:WebApp"
_SLOT = "azure-native:web:WebAppSlot"
_APPS = (_APP, _SLOT)
_PLAN = "azure-native:web:AppServicePlan"
_CONTAINER_APP = "azure-native:app:ContainerApp"
_IDENTITIES = ("UserAssigned", "SystemAssigned", "SystemAssigned, UserAssigned")

_RUNTIME = "FUNCTIONS_EXTENSION_VERSION"
_ENDED = {"python": "3.10", "node": "20"}
"""Oldest versions that get updates: https://learn.microsoft.com/azure/app-service/
language-support-policy."""
_FUNCTIONS_ENDED = ("~1", "~2", "~3")
"""https://learn.microsoft.com/azure/azure-functions/functions-versions."""


def _outdated(resource: Resource, _: Settings) -> Iterator[str]:
    found = text(resource.properties, "siteConfig", "linuxFxVersion")
    language, _bar, version = str(found).lower().partition("|")
    oldest = _ENDED.get(language)
    if oldest and () < _parts(version) < _parts(oldest):
        yield f"has in siteConfig.linuxFxVersion a {language} older than {oldest}"
    for index, setting in items(resource.properties, "siteConfig", "appSettings"):
        if not isinstance(setting, Mapping) or text(setting, "name") != _RUNTIME:
            continue
        if text(setting, "value") in _FUNCTIONS_ENDED:
            yield f"has an old {_RUNTIME} in siteConfig.appSettings[{index}]"


def _parts(version: str) -> tuple[int, ...]:
    """The numbers of a version; none when it is no plain one."""
    parts = version.split(".")[:2]
    plain = all(part.isascii() and part.isdecimal() and len(part) < 5 for part in parts)
    return tuple(int(part) for part in parts) if plain else ()


def _setting(version: str) -> dict[str, object]:
    return {"siteConfig": {"appSettings": [{"name": _RUNTIME, "value": version}]}}


HTTPS_ONLY = Rule(
    id="webapp-https-only",
    title="A web app is spoken to over TLS only.",
    severity="high",
    types=_APPS,
    rationale="keys and requests in plain HTTP can be read and changed on the way",
    fix="https_only=True",
    sources=("CKV_AZURE_14", "CKV_AZURE_70"),
    passes=Sample(_APP, {"httpsOnly": True}),
    fails=Sample(_APP, {"httpsOnly": False}),
    also_fails=(Sample(_SLOT, {}),),
    check=is_true("httpsOnly", "so it takes plain HTTP"),
    remedies={"httpsOnly": True},
)

TLS_FLOOR = Rule(
    id="webapp-tls12",
    title="A web app takes TLS 1.2 or newer.",
    severity="high",
    types=_APPS,
    rationale="TLS 1.0 and 1.1 are broken: keys and requests can be read on the way",
    fix='site_config={…, min_tls_version: "1.2"}',
    sources=("CKV_AZURE_15", "CKV_AZURE_145"),
    passes=Sample(_APP, {"siteConfig": {"minTlsVersion": "1.2"}}),
    fails=Sample(_APP, {"siteConfig": {"minTlsVersion": "1.0"}}),
    also_passes=(Sample(_APP, {"siteConfig": {"minTlsVersion": "1.3"}}),),
    check=is_one_of("siteConfig.minTlsVersion", ["1.2", "1.3"], "so it may take TLS 1.0"),
    remedies={"siteConfig.minTlsVersion": "1.2"},
)

NO_FTP = Rule(
    id="webapp-no-ftp",
    title="Nobody changes a web app over plain FTP.",
    severity="high",
    types=_APPS,
    rationale="a password that is sent in plain lets others put their program in its place",
    fix='site_config={…, ftps_state: "Disabled"}',
    sources=("CKV_AZURE_78", "prowler app_ftp_deployment_disabled"),
    passes=Sample(_APP, {"siteConfig": {"ftpsState": "Disabled"}}),
    fails=Sample(_APP, {"siteConfig": {"ftpsState": "AllAllowed"}}),
    check=is_one_of("siteConfig.ftpsState", ["Disabled", "FtpsOnly"], "so it takes plain FTP"),
    remedies={"siteConfig.ftpsState": "Disabled"},
)

OWN_IDENTITY = Rule(
    id="webapp-managed-identity",
    title="A web app has an identity of its own.",
    severity="high",
    types=_APPS,
    rationale="without one somebody gives it keys, which never end and are copied",
    fix='identity={type: "UserAssigned", user_assigned_identities: [identity.id]}',
    sources=("CKV_AZURE_16", "CKV_AZURE_71"),
    levels=STRICT_IN_PROD,
    passes=Sample(_APP, {"identity": {"type": "UserAssigned"}}),
    fails=Sample(_APP, {"identity": {"type": "None"}}),
    check=is_one_of("identity.type", _IDENTITIES, "so it needs keys that never end"),
)

PRIVATE = Rule(
    id="webapp-no-public-network",
    title="A web app is reached from one's own network only.",
    severity="high",
    types=_APPS,
    rationale="a private address keeps out whoever has a stolen key but is not in the network",
    fix='public_network_access="Disabled", or the tag "exposure": "public"',
    sources=("CKV_AZURE_222",),
    levels=STRICT_IN_PROD,
    passes=Sample(_APP, {"publicNetworkAccess": "Disabled"}),
    fails=Sample(_APP, {"publicNetworkAccess": "Enabled"}),
    also_passes=(Sample(_APP, {"tags": {"exposure": "public"}}),),
    check=is_one_of(
        "publicNetworkAccess", ["Disabled"], "so the internet reaches it", unless=declared_public
    ),
)

NO_DEBUGGER = Rule(
    id="webapp-remote-debug-off",
    title="No debugger is let into a web app.",
    severity="medium",
    types=_APPS,
    rationale="a debugger reads every request and the keys, and stops the server while it looks",
    fix="leave site_config.remote_debugging_enabled out",
    sources=("CKV_AZURE_72",),
    passes=Sample(_APP, {"siteConfig": {"remoteDebuggingEnabled": False}}),
    fails=Sample(_APP, {"siteConfig": {"remoteDebuggingEnabled": True}}),
    check=is_not_true("siteConfig.remoteDebuggingEnabled", "so a debugger reads its memory"),
    remedies={"siteConfig.remoteDebuggingEnabled": False},
)

NAMED_ORIGINS = Rule(
    id="webapp-cors",
    title="A web app lets named web pages call it.",
    severity="medium",
    types=_APPS,
    rationale="with '*' every page that a colleague opens may call the model in their name",
    fix='site_config={…, cors: {allowed_origins: ["https://app.example.com"]}}',
    sources=("CKV_AZURE_57",),
    levels=STRICT_IN_PROD,
    passes=Sample(_APP, {"siteConfig": {"cors": {"allowedOrigins": ["https://a.example.com"]}}}),
    fails=Sample(_APP, {"siteConfig": {"cors": {"allowedOrigins": ["*"]}}}),
    check=is_none_of("siteConfig.cors.allowedOrigins[]", ("*",), "so every web page may call it"),
)

IN_NETWORK = Rule(
    id="webapp-vnet",
    title="A web app's own calls leave through one's own network.",
    severity="low",
    types=_APPS,
    rationale="a network of one's own can say what it reaches; Azure's shared one cannot",
    fix="virtual_network_subnet_id=subnet.id",
    sources=("prowler app_function_vnet_integration_enabled",),
    levels=ADVICE,
    passes=Sample(_APP, {"virtualNetworkSubnetId": "/subscriptions/1/subnets/apps"}),
    fails=Sample(_APP, {"kind": "app"}),
    check=is_set("virtualNetworkSubnetId", "so nothing limits what it calls"),
)

HEALTH_CHECKED = Rule(
    id="webapp-health-check",
    title="A web app is asked whether it answers.",
    severity="low",
    types=_APPS,
    rationale="a copy whose server hangs otherwise goes on getting requests",
    fix='site_config={…, health_check_path: "/readyz"}',
    sources=("CKV_AZURE_213",),
    levels=STRICT_IN_PROD,
    passes=Sample(_APP, {"siteConfig": {"healthCheckPath": "/readyz"}}),
    fails=Sample(_APP, {"siteConfig": {"healthCheckPath": ""}}),
    check=is_set("siteConfig.healthCheckPath", "so a copy that hangs goes on getting requests"),
)

PULLED_BY_IDENTITY = Rule(
    id="webapp-acr-identity",
    title="A web app pulls its image by its identity, not with a password.",
    severity="medium",
    types=_APPS,
    rationale="the registry's password lets whoever reads it push another image",
    fix="site_config={…, acr_use_managed_identity_creds: True}",
    sources=("Azure App Service, 'Use a managed identity to pull an image'",),
    levels=STRICT_IN_PROD,
    passes=Sample(
        _APP,
        {"siteConfig": {"linuxFxVersion": "DOCKER|a.io/n:1", "acrUseManagedIdentityCreds": True}},
    ),
    fails=Sample(_APP, {"siteConfig": {"linuxFxVersion": "DOCKER|a.azurecr.io/n:1"}}),
    also_passes=(Sample(_APP, {"siteConfig": {"linuxFxVersion": "PYTHON|3.12"}}),),
    check=is_true(
        "siteConfig.acrUseManagedIdentityCreds",
        "so it needs the registry's password",
        unless=lambda properties: (
            not str(text(properties, "siteConfig", "linuxFxVersion")).startswith("DOCKER|")
        ),
    ),
)

CALLERS_CERTIFIED = Rule(
    id="webapp-client-cert",
    title="A web app of internal callers asks for their certificates.",
    severity="low",
    types=_APPS,
    rationale="a certificate cannot be guessed or pasted into a chat as a key can",
    fix='client_cert_enabled=True, client_cert_mode="Required"',
    sources=("CKV_AZURE_17",),
    levels=ADVICE,
    passes=Sample(_APP, {"clientCertEnabled": True}),
    fails=Sample(_APP, {"clientCertEnabled": False}),
    check=is_true("clientCertEnabled", "so a key alone lets callers in"),
)

INGRESS_TLS = Rule(
    id="containerapp-https-only",
    title="A container app is spoken to over TLS only.",
    severity="high",
    types=(_CONTAINER_APP,),
    rationale="keys and requests in plain HTTP can be read and changed on the way",
    fix="configuration={ingress: {…, allow_insecure: False}}",
    sources=("CKV_AZURE_14 (analogue)",),
    passes=Sample(_CONTAINER_APP, {"configuration": {"ingress": {"allowInsecure": False}}}),
    fails=Sample(_CONTAINER_APP, {"configuration": {"ingress": {"allowInsecure": True}}}),
    check=is_not_true("configuration.ingress.allowInsecure", "so it takes plain HTTP"),
    remedies={"configuration.ingress.allowInsecure": False},
)

INGRESS_INSIDE = Rule(
    id="containerapp-ingress-internal",
    title="A container app is reached from its own environment only.",
    severity="medium",
    types=(_CONTAINER_APP,),
    rationale="a private address keeps out whoever has a stolen key but is not in the network",
    fix='configuration={ingress: {external: False}}, or the tag "exposure": "public"',
    sources=("CKV_AZURE_222 (analogue)",),
    levels=STRICT_IN_PROD,
    passes=Sample(_CONTAINER_APP, {"configuration": {"ingress": {"external": False}}}),
    fails=Sample(_CONTAINER_APP, {"configuration": {"ingress": {"external": True}}}),
    also_passes=(
        Sample(
            _CONTAINER_APP,
            {
                "configuration": {"ingress": {"external": True}},
                "tags": {"exposure": "public"},
            },
        ),
    ),
    check=is_not_true(
        "configuration.ingress.external", "so the internet reaches it", unless=declared_public
    ),
)

CONTAINER_PROBED = Rule(
    id="containerapp-probes",
    title="A container app's containers are asked whether they answer.",
    severity="medium",
    types=(_CONTAINER_APP,),
    rationale="without probes requests go to a server whose model is not loaded, or that hangs",
    fix='template={containers: [{…, probes: [{type: "Readiness", http_get: {…}}]}]}',
    sources=("CKV_K8S_8 and CKV_K8S_9 (analogue)",),
    levels=STRICT_IN_PROD,
    passes=Sample(
        _CONTAINER_APP, {"template": {"containers": [{"probes": [{"type": "Readiness"}]}]}}
    ),
    fails=Sample(_CONTAINER_APP, {"template": {"containers": [{"probes": []}]}}),
    check=is_set("template.containers[].probes", "so requests come before the model"),
)

COPIES_CAPPED = Rule(
    id="cost-containerapp-max-replicas",
    title="A container app has a largest number of copies.",
    severity="medium",
    types=(_CONTAINER_APP,),
    rationale="a loop in somebody's script otherwise starts ten, each paid for by the second",
    fix="template={…, scale: {max_replicas: 4}}",
    sources=("Azure Container Apps, 'Set scaling rules'",),
    parameters={"most": Parameter(20, "largest number of copies")},
    passes=Sample(_CONTAINER_APP, {"template": {"scale": {"maxReplicas": 4}}}),
    fails=Sample(_CONTAINER_APP, {"template": {"scale": {"maxReplicas": 300}}}),
    check=within(
        "template.scale.maxReplicas", 1, "most", "and each of them is paid for", absent="passes"
    ),
)

SMALL_PLAN_IN_DEV = Rule(
    id="cost-appservice-dev-sku",
    title="In dev a plan of App Service is small.",
    severity="medium",
    types=(_PLAN,),
    rationale="a plan is paid for day and night, whether its apps are asked or not",
    fix='sku={name: "B1", tier: "Basic"} in dev',
    sources=("az-costguard", "Azure App Service pricing"),
    levels=DEV_ONLY,
    passes=Sample(_PLAN, {"sku": {"name": "B1", "tier": "Basic"}}),
    fails=Sample(_PLAN, {"sku": {"name": "I1v2", "tier": "IsolatedV2"}}),
    check=is_none_of("sku.tier", ("Isolated", "IsolatedV2", "PremiumV2"), "too large for dev"),
)

ELASTIC_PLAN_CAPPED = Rule(
    id="cost-function-plan",
    title="A plan of Functions has a largest number of machines.",
    severity="low",
    types=(_PLAN,),
    rationale="each machine of an Elastic Premium plan costs about 150 USD a month",
    fix="maximum_elastic_worker_count=4",
    sources=("Azure Functions, 'Premium plan', maximum instance count",),
    levels=ADVICE_IN_DEV,
    parameters={"most": Parameter(10, "largest number of machines")},
    passes=Sample(_PLAN, {"maximumElasticWorkerCount": 4}),
    fails=Sample(_PLAN, {"maximumElasticWorkerCount": 30}),
    check=within(
        "maximumElasticWorkerCount", 1, "most", "and each of them is paid for", absent="passes"
    ),
)

RUNTIME_SUPPORTED = Rule(
    id="webapp-runtime-supported",
    title="A web app or function runs on what still gets updates.",
    severity="high",
    types=_APPS,
    rationale="holes found in it since its last day are never closed",
    fix='FUNCTIONS_EXTENSION_VERSION "~4", linux_fx_version "PYTHON|3.12"',
    sources=(
        "Azure Functions, 'Azure Functions runtime versions overview'",
        "Azure App Service, 'Language runtime support policy'",
    ),
    reads=(
        Reads("siteConfig.linuxFxVersion", "passes"),
        Reads("siteConfig.appSettings[].value", "passes"),
    ),
    passes=Sample(_APP, {"siteConfig": {"linuxFxVersion": "PYTHON|3.12"}}),
    fails=Sample(_APP, {"siteConfig": {"linuxFxVersion": "PYTHON|3.8"}}),
    also_passes=(
        Sample(_APP, {"siteConfig": {"linuxFxVersion": "DOCKER|python:3.8"}}),
        Sample(_APP, _setting("~4")),
    ),
    also_fails=tuple(Sample(kind, _setting("~3")) for kind in _APPS),
    check=_outdated,
)

SECURITY = (
    HTTPS_ONLY,
    TLS_FLOOR,
    NO_FTP,
    OWN_IDENTITY,
    PRIVATE,
    NO_DEBUGGER,
    NAMED_ORIGINS,
    IN_NETWORK,
    PULLED_BY_IDENTITY,
    CALLERS_CERTIFIED,
    INGRESS_TLS,
    INGRESS_INSIDE,
    RUNTIME_SUPPORTED,
)
RELIABILITY = (HEALTH_CHECKED, CONTAINER_PROBED)
COST = (COPIES_CAPPED, SMALL_PLAN_IN_DEV, ELASTIC_PLAN_CAPPED)
