"""Rules about IAM on Google Cloud: who is let in, and with how much."""

from modelport_policies.components import UnlessServed
from modelport_policies.demands import all_of, is_no, is_none_of
from modelport_policies.rule import Reads, Rule, Sample

_EVERYONE = ("allUsers", "allAuthenticatedUsers")
_RUN = (
    "gcp:cloudrunv2/serviceIamMember:ServiceIamMember",
    "gcp:cloudrunv2/serviceIamBinding:ServiceIamBinding",
    "gcp:cloudrun/iamMember:IamMember",
    "gcp:cloudrun/iamBinding:IamBinding",
)
_FUNCTIONS = (
    "gcp:cloudfunctionsv2/functionIamMember:FunctionIamMember",
    "gcp:cloudfunctionsv2/functionIamBinding:FunctionIamBinding",
    "gcp:cloudfunctions/functionIamMember:FunctionIamMember",
)
_BUCKETS = (
    "gcp:storage/bucketIAMMember:BucketIAMMember",
    "gcp:storage/bucketIAMBinding:BucketIAMBinding",
)
_REGISTRIES = (
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
    "gcp:artifactregistry/repositoryIamBinding:RepositoryIamBinding",
)
_ENDPOINTS = (
    "gcp:vertex/aiEndpointIamMember:AiEndpointIamMember",
    "gcp:vertex/aiEndpointIamBinding:AiEndpointIamBinding",
)
_SECRETS = (
    "gcp:secretmanager/secretIamMember:SecretIamMember",
    "gcp:secretmanager/secretIamBinding:SecretIamBinding",
)
_PROJECT = "gcp:projects/iAMMember:IAMMember"
_PROJECTS = (_PROJECT, "gcp:projects/iAMBinding:IAMBinding")
_KEY = "gcp:serviceaccount/key:Key"
_BASIC = (
    "roles/owner",
    "roles/editor",
    "roles/iam.serviceAccountUser",
    "roles/iam.serviceAccountTokenCreator",
)
_OURS = "serviceAccount:web@diagnostics.iam.gserviceaccount.com"


def _named(rule_id: str, what: str, kinds: tuple[str, ...], *, sources: str) -> Rule:
    """A rule that nobody is let in without a name, one at a time or in a binding."""
    members = tuple(kind for kind in kinds if kind.lower().endswith("member"))
    bindings = tuple(kind for kind in kinds if kind not in members)
    return Rule(
        id=rule_id,
        title=f"Nobody without a name may {what}.",
        severity="critical",
        types=kinds,
        rationale="'allUsers' is everybody on the internet, 'allAuthenticatedUsers' every Google "
        "account",
        fix='member="serviceAccount:<who calls>" or "group:<team>"',
        sources=(sources, "organisation policy iam.allowedPolicyMemberDomains"),
        reads=(Reads("member", "passes"), *((Reads("members[]", "passes"),) if bindings else ())),
        passes=Sample(members[0], {"member": _OURS}),
        fails=Sample(members[0], {"member": "allUsers"}),
        also_passes=tuple(Sample(kind, {"members": [_OURS]}) for kind in bindings),
        also_fails=(
            *(Sample(kind, {"member": "allAuthenticatedUsers"}) for kind in members),
            *(Sample(kind, {"members": [_OURS, "allUsers"]}) for kind in bindings),
        ),
        check=UnlessServed(EVERYONE_OUT),
    )


EVERYONE_OUT = all_of(
    is_none_of("member", _EVERYONE, "so strangers are let in"),
    is_none_of("members[]", _EVERYONE, "so strangers are let in"),
)

RUN_NAMED = _named(
    "cloudrun-no-public-invoker", "call a Cloud Run service", _RUN, sources="CKV_GCP_102"
)
FUNCTION_NAMED = _named(
    "function-no-public-invoker", "call a function", _FUNCTIONS, sources="CKV_GCP_107"
)
ENDPOINT_NAMED = _named(
    "vertex-endpoint-iam-not-public", "call a model", _ENDPOINTS, sources="CKV_GCP_102"
)
BUCKET_NAMED = _named("gcs-no-public-member", "read a bucket", _BUCKETS, sources="CKV_GCP_28")
REGISTRY_NAMED = _named(
    "gar-not-public", "pull or push an image", _REGISTRIES, sources="CKV_GCP_101"
)
SECRET_NAMED = _named(
    "gcp-secret-not-public", "read a secret", _SECRETS, sources="CIS GCP 1.1 (intent)"
)

NO_BASIC_ROLE = Rule(
    id="gcp-no-basic-roles",
    title="Nobody has a role over the whole project that gives everything.",
    severity="high",
    types=_PROJECTS,
    rationale="one program that is broken into then owns the project, or becomes any account of it",
    fix='role="roles/<service>.<what it does>", or the role on the one resource',
    sources=("CIS GCP 1.5 and 1.6", "CKV_GCP_41", "CKV_GCP_117"),
    passes=Sample(_PROJECT, {"role": "roles/logging.logWriter", "member": _OURS}),
    fails=Sample(_PROJECT, {"role": "roles/editor", "member": _OURS}),
    also_fails=tuple(Sample(kind, {"role": role}) for kind in _PROJECTS for role in _BASIC),
    check=is_none_of("role", _BASIC, "which gives everything in the project"),
)

NO_KEYS = Rule(
    id="gcp-no-sa-keys",
    title="No service account has a key that is handed around.",
    severity="high",
    types=(_KEY,),
    rationale="such a key never ends, is copied into files, and works from anywhere",
    fix="the account of the machine or service itself, or Workload Identity Federation",
    sources=("CIS GCP 1.4", "organisation policy iam.disableServiceAccountKeyCreation"),
    passes=Sample(_KEY, {}),
    fails=Sample(_KEY, {"serviceAccountId": "cancer"}),
    check=is_no("serviceAccountId", bool, "an account with a key that never ends"),
)

SECURITY = (
    RUN_NAMED,
    FUNCTION_NAMED,
    ENDPOINT_NAMED,
    BUCKET_NAMED,
    REGISTRY_NAMED,
    SECRET_NAMED,
    NO_BASIC_ROLE,
    NO_KEYS,
)
