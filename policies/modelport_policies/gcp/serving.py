"""Rules about Vertex AI, Cloud Run, Cloud Functions and App Engine: who reaches them, as whom."""

import re
from dataclasses import replace

from modelport_policies.components import UnlessServed
from modelport_policies.conditions import declared_public, is_there
from modelport_policies.demands import (
    all_of,
    is_no,
    is_not_true,
    is_one_of,
    is_set,
    is_true,
)
from modelport_policies.rule import ADVICE, STRICT_IN_PROD, Rule, Sample

_ENDPOINT = "gcp:vertex/aiEndpoint:AiEndpoint"
_SERVICE = "gcp:cloudrunv2/service:Service"
_FUNCTION = "gcp:cloudfunctionsv2/function:Function"
_VERSION = "gcp:appengine/flexibleAppVersion:FlexibleAppVersion"
_NETWORK = "gcp:appengine/serviceNetworkSettings:ServiceNetworkSettings"
_KEY = "projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k"
_ACCOUNT = "cancer@diagnostics.iam.gserviceaccount.com"
_SHARED = re.compile(r"(\d+-compute@developer|[^@]+@appspot)\.gserviceaccount\.com$")
_INSIDE = ["INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"]
_FUNCTION_INSIDE = ["ALLOW_INTERNAL_ONLY", "ALLOW_INTERNAL_AND_GCLB"]
_APP_INSIDE = ["INGRESS_TRAFFIC_ALLOWED_INTERNAL_ONLY", "INGRESS_TRAFFIC_ALLOWED_INTERNAL_AND_LB"]
OWN_KEY = "Google encrypts with its own key anyway; only an own key can be withdrawn and audited"
_DIGEST = "@sha256:"


def is_shared(account: str) -> bool:
    """Whether it is one of the accounts that a project's machines and apps have in common."""
    return bool(_SHARED.match(account))


ENDPOINT_PRIVATE = Rule(
    id="vertex-endpoint-private",
    title="A Vertex AI endpoint is reached from one's own network only.",
    severity="high",
    types=(_ENDPOINT,),
    rationale="a private address keeps out whoever has a stolen token but is not in the network",
    fix="private_service_connect_config={enable_private_service_connect: True, …}, or network=…",
    sources=("CKV2_GCP_33", "Vertex AI, 'Use Private Service Connect endpoints'"),
    levels=STRICT_IN_PROD,
    passes=Sample(
        _ENDPOINT, {"privateServiceConnectConfig": {"enablePrivateServiceConnect": True}}
    ),
    fails=Sample(_ENDPOINT, {"displayName": "cancer"}),
    also_passes=(
        Sample(_ENDPOINT, {"network": "projects/1/global/networks/n"}),
        Sample(_ENDPOINT, {"labels": {"exposure": "public"}}),
    ),
    check=is_true(
        "privateServiceConnectConfig.enablePrivateServiceConnect",
        "so it has a public address",
        unless=lambda properties: declared_public(properties) or is_there("network")(properties),
    ),
)

ENDPOINT_ENCRYPTED = Rule(
    id="vertex-endpoint-cmek",
    title="A Vertex AI endpoint is encrypted with a key of one's own.",
    severity="high",
    types=(_ENDPOINT,),
    rationale=OWN_KEY,
    fix="encryption_spec={kms_key_name: key.id}, or encryption_key in the target",
    sources=("CKV2_GCP_24", "organisation policy gcp.restrictNonCmekServices"),
    levels=STRICT_IN_PROD,
    passes=Sample(_ENDPOINT, {"encryptionSpec": {"kmsKeyName": _KEY}}),
    fails=Sample(_ENDPOINT, {"displayName": "cancer"}),
    check=is_set("encryptionSpec.kmsKeyName", "so nobody here can withdraw its key"),
)

ENDPOINT_LOGGED = Rule(
    id="vertex-endpoint-request-logging",
    title="A Vertex AI endpoint keeps a sample of its requests.",
    severity="low",
    types=(_ENDPOINT,),
    rationale="without it nobody can say whether what it is asked is like what it learnt from",
    fix="predict_request_response_logging_config={enabled: True, sampling_rate: 0.1, …}",
    sources=("Vertex AI, 'Online prediction logging'",),
    levels=ADVICE,
    passes=Sample(_ENDPOINT, {"predictRequestResponseLoggingConfig": {"enabled": True}}),
    fails=Sample(_ENDPOINT, {"displayName": "cancer"}),
    check=is_true("predictRequestResponseLoggingConfig.enabled", "so drift cannot be seen"),
)

INVOKER_CHECKED = Rule(
    id="cloudrun-invoker-iam-on",
    title="Cloud Run asks who calls.",
    severity="critical",
    types=(_SERVICE,),
    rationale="the switch lets everybody in, whatever its IAM says",
    fix="leave invoker_iam_disabled out",
    sources=("Cloud Run, 'Disable the Cloud Run Invoker IAM check'",),
    passes=Sample(_SERVICE, {"invokerIamDisabled": False}),
    fails=Sample(_SERVICE, {"invokerIamDisabled": True}),
    check=UnlessServed(is_not_true("invokerIamDisabled", "so it answers everybody")),
)

RUN_OWN_ACCOUNT = Rule(
    id="cloudrun-own-service-account",
    title="A Cloud Run service runs as an account of its own.",
    severity="high",
    types=(_SERVICE,),
    rationale="the account that is shared may change everything in the project",
    fix="template={…, service_account: account.email}",
    sources=("CKV_GCP_30 (analogue)", "CIS GCP 4.1 (analogue)"),
    passes=Sample(_SERVICE, {"template": {"serviceAccount": _ACCOUNT}}),
    fails=Sample(_SERVICE, {"template": {"containers": []}}),
    also_fails=(
        Sample(
            _SERVICE,
            {"template": {"serviceAccount": "123-compute@developer.gserviceaccount.com"}},
        ),
    ),
    check=all_of(
        is_set("template.serviceAccount", "so it runs as the project's shared account"),
        is_no("template.serviceAccount", is_shared, "the project's shared account"),
    ),
)

RUN_INSIDE = Rule(
    id="cloudrun-ingress-internal",
    title="A Cloud Run service is reached from inside or through a balancer.",
    severity="high",
    types=(_SERVICE,),
    rationale="its own address has no limit of requests and no firewall before it",
    fix='ingress="INGRESS_TRAFFIC_INTERNAL_ONLY", or the label "exposure": "public"',
    sources=("organisation policy run.allowedIngress",),
    levels=STRICT_IN_PROD,
    passes=Sample(_SERVICE, {"ingress": _INSIDE[0]}),
    fails=Sample(_SERVICE, {"ingress": "INGRESS_TRAFFIC_ALL"}),
    also_passes=(
        Sample(_SERVICE, {"ingress": "INGRESS_TRAFFIC_ALL", "labels": {"exposure": "public"}}),
    ),
    check=is_one_of(
        "ingress", _INSIDE, "so the internet reaches its own address", unless=declared_public
    ),
)

RUN_NO_SHELL = Rule(
    id="cloudrun-no-ssh",
    title="Nobody opens a shell in a Cloud Run service.",
    severity="medium",
    types=(_SERVICE,),
    rationale="a shell reads every request and the model, and leaves no trace",
    fix="leave ssh_enabled out",
    sources=("Cloud Run, 'Connect to a container with SSH'",),
    levels=STRICT_IN_PROD,
    passes=Sample(_SERVICE, {"sshEnabled": False}),
    fails=Sample(_SERVICE, {"sshEnabled": True}),
    check=is_not_true("sshEnabled", "so its containers take a shell"),
)

RUN_PINNED = Rule(
    id="cloudrun-image-digest",
    title="A Cloud Run service's image is named by its digest.",
    severity="medium",
    types=(_SERVICE,),
    rationale="a tag can be moved; a digest is what was tested",
    fix="image=<region>-docker.pkg.dev/<project>/<repository>/<name>@sha256:<digest>",
    sources=("CKV_K8S_43 (analogue)", "SLSA v1.0, 'Verifying artifacts'"),
    levels=STRICT_IN_PROD,
    passes=Sample(
        _SERVICE, {"template": {"containers": [{"image": f"a.pkg.dev/p/r/n{_DIGEST}5f"}]}}
    ),
    fails=Sample(_SERVICE, {"template": {"containers": [{"image": "a.pkg.dev/p/r/n:latest"}]}}),
    check=is_no(
        "template.containers[].image",
        lambda image: _DIGEST not in image,
        "an image without a digest, so what runs depends on who pushed last",
    ),
)

RUN_ENCRYPTED = Rule(
    id="cloudrun-cmek",
    title="A Cloud Run service's image is kept with a key of one's own.",
    severity="low",
    types=(_SERVICE,),
    rationale=OWN_KEY,
    fix="template={…, encryption_key: key.id}",
    sources=("organisation policy gcp.restrictNonCmekServices",),
    levels=ADVICE,
    passes=Sample(_SERVICE, {"template": {"encryptionKey": _KEY}}),
    fails=Sample(_SERVICE, {"template": {"containers": []}}),
    check=is_set("template.encryptionKey", "so nobody here can withdraw its key"),
)

FUNCTION_INSIDE = replace(
    RUN_INSIDE,
    id="function-ingress-internal",
    title="A function is reached from inside or through a balancer.",
    types=(_FUNCTION,),
    fix='service_config={ingress_settings: "ALLOW_INTERNAL_ONLY"}, or label "exposure": "public"',
    sources=("CKV_GCP_124", "organisation policy cloudfunctions.allowedIngressSettings"),
    passes=Sample(_FUNCTION, {"serviceConfig": {"ingressSettings": _FUNCTION_INSIDE[0]}}),
    fails=Sample(_FUNCTION, {"serviceConfig": {"ingressSettings": "ALLOW_ALL"}}),
    also_passes=(Sample(_FUNCTION, {"labels": {"exposure": "public"}}),),
    check=is_one_of(
        "serviceConfig.ingressSettings",
        _FUNCTION_INSIDE,
        "so the internet reaches its own address",
        unless=declared_public,
    ),
)

FUNCTION_OWN_ACCOUNT = replace(
    RUN_OWN_ACCOUNT,
    id="function-own-service-account",
    title="A function runs as an account of its own.",
    types=(_FUNCTION,),
    fix="service_config={…, service_account_email: account.email}",
    sources=("CIS GCP 4.1 (analogue)",),
    passes=Sample(_FUNCTION, {"serviceConfig": {"serviceAccountEmail": _ACCOUNT}}),
    fails=Sample(
        _FUNCTION, {"serviceConfig": {"serviceAccountEmail": "p@appspot.gserviceaccount.com"}}
    ),
    also_fails=(Sample(_FUNCTION, {"serviceConfig": {}}),),
    check=all_of(
        is_set("serviceConfig.serviceAccountEmail", "so it runs as the project's shared account"),
        is_no("serviceConfig.serviceAccountEmail", is_shared, "the project's shared account"),
    ),
)

FUNCTION_ENCRYPTED = replace(
    RUN_ENCRYPTED,
    id="function-cmek",
    title="A function's sources are kept with a key of one's own.",
    types=(_FUNCTION,),
    fix="kms_key_name=key.id",
    passes=Sample(_FUNCTION, {"kmsKeyName": _KEY}),
    fails=Sample(_FUNCTION, {"location": "europe-west4"}),
    check=is_set("kmsKeyName", "so nobody here can withdraw its key"),
)

APP_OWN_ACCOUNT = replace(
    RUN_OWN_ACCOUNT,
    id="gae-flex-own-sa",
    title="An App Engine version runs as an account of its own.",
    types=(_VERSION,),
    fix="service_account=account.email",
    sources=("CIS GCP 4.1 (analogue)",),
    passes=Sample(_VERSION, {"serviceAccount": _ACCOUNT}),
    fails=Sample(_VERSION, {"serviceAccount": "p@appspot.gserviceaccount.com"}),
    also_fails=(Sample(_VERSION, {"runtime": "custom"}),),
    check=all_of(
        is_set("serviceAccount", "so it runs as the project's shared account"),
        is_no("serviceAccount", is_shared, "the project's shared account"),
    ),
)

APP_INSIDE = replace(
    RUN_INSIDE,
    id="gae-ingress",
    title="An App Engine service is reached from inside or through a balancer.",
    types=(_NETWORK,),
    fix=f'network_settings={{ingress_traffic_allowed: "{_APP_INSIDE[0]}"}}',
    sources=("App Engine, 'Network ingress settings'",),
    levels=ADVICE,
    passes=Sample(_NETWORK, {"networkSettings": {"ingressTrafficAllowed": _APP_INSIDE[0]}}),
    fails=Sample(
        _NETWORK, {"networkSettings": {"ingressTrafficAllowed": "INGRESS_TRAFFIC_ALLOWED_ALL"}}
    ),
    also_passes=(),
    check=is_one_of(
        "networkSettings.ingressTrafficAllowed",
        _APP_INSIDE,
        "so the internet reaches its own address",
    ),
)

SECURITY = (
    ENDPOINT_PRIVATE,
    ENDPOINT_ENCRYPTED,
    INVOKER_CHECKED,
    RUN_OWN_ACCOUNT,
    RUN_INSIDE,
    RUN_NO_SHELL,
    RUN_PINNED,
    RUN_ENCRYPTED,
    FUNCTION_INSIDE,
    FUNCTION_OWN_ACCOUNT,
    FUNCTION_ENCRYPTED,
    APP_OWN_ACCOUNT,
    APP_INSIDE,
)
RELIABILITY = (ENDPOINT_LOGGED,)
