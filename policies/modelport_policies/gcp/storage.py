"""Rules about buckets, registries and logs of Google Cloud."""

from collections.abc import Iterator, Sequence

from modelport_policies.demands import (
    all_of,
    has_at_least,
    is_none_of,
    is_not_true,
    is_one_of,
    is_set,
    is_true,
    within,
)
from modelport_policies.relations import of_type, without_partner
from modelport_policies.rule import (
    ADVICE,
    STRICT_IN_PROD,
    Parameter,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import UNKNOWN, read, text

_BUCKET = "gcp:storage/bucket:Bucket"
_REPOSITORY = "gcp:artifactregistry/repository:Repository"
_FUNCTION = "gcp:cloudfunctionsv2/function:Function"
_LOGS = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
_KEY = "projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k"
_OWN_KEY = "Google encrypts with its own key anyway; only an own key can be withdrawn and audited"
_WITHDRAW = "so nobody here can withdraw its key"


def _movable(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    loose = [
        item
        for item in of_type(resources, _REPOSITORY)
        if text(item.properties, "format") == "DOCKER"
        and read(item.properties, "dockerConfig", "immutableTags") not in (True, UNKNOWN)
    ]
    functions, by = of_type(resources, _FUNCTION), ("buildConfig.dockerRepository",)
    for repository in without_partner(loose, functions, by, ("repositoryId", "id", "name")):
        yield repository, "does not set dockerConfig.immutableTags to true, so tags can be moved"


BUCKET_CLOSED = Rule(
    id="gcs-public-access-prevention",
    title="A bucket cannot be made public.",
    severity="critical",
    types=(_BUCKET,),
    rationale="without it one binding, written by anybody, makes models and data public",
    fix='public_access_prevention="enforced"',
    sources=("CIS GCP 5.1", "CKV_GCP_114", "organisation policy storage.publicAccessPrevention"),
    passes=Sample(_BUCKET, {"publicAccessPrevention": "enforced"}),
    fails=Sample(_BUCKET, {"publicAccessPrevention": "inherited"}),
    check=is_one_of("publicAccessPrevention", ["enforced"], "so one binding makes it public"),
    remedies={"publicAccessPrevention": "enforced"},
)

BUCKET_UNIFORM = Rule(
    id="gcs-uniform-access",
    title="Who may read a bucket is said by IAM alone.",
    severity="medium",
    types=(_BUCKET,),
    rationale="an ACL on a single object opens it, and no list of bindings shows that",
    fix="uniform_bucket_level_access=True",
    sources=("CIS GCP 5.2", "CKV_GCP_29"),
    passes=Sample(_BUCKET, {"uniformBucketLevelAccess": True}),
    fails=Sample(_BUCKET, {"uniformBucketLevelAccess": False}),
    check=is_true("uniformBucketLevelAccess", "so an ACL may open single objects"),
)

BUCKET_ENCRYPTED = Rule(
    id="gcs-cmek",
    title="A bucket is encrypted with a key of one's own.",
    severity="low",
    types=(_BUCKET,),
    rationale=_OWN_KEY,
    fix="encryption={default_kms_key_name: key.id}",
    sources=("organisation policy gcp.restrictNonCmekServices",),
    levels=ADVICE,
    passes=Sample(_BUCKET, {"encryption": {"defaultKmsKeyName": _KEY}}),
    fails=Sample(_BUCKET, {"location": "EU"}),
    check=is_set("encryption.defaultKmsKeyName", _WITHDRAW),
)

BUCKET_VERSIONED = Rule(
    id="gcs-versioning",
    title="A bucket keeps versions.",
    severity="low",
    types=(_BUCKET,),
    rationale="a model or data that was overwritten by mistake can be had back",
    fix="versioning={enabled: True}",
    sources=("CKV_GCP_78",),
    levels=ADVICE,
    passes=Sample(_BUCKET, {"versioning": {"enabled": True}}),
    fails=Sample(_BUCKET, {"location": "EU"}),
    check=is_true("versioning.enabled", "so what is overwritten is gone"),
)

BUCKET_CLEANED = Rule(
    id="cost-gcs-lifecycle",
    title="A bucket has a lifecycle.",
    severity="low",
    types=(_BUCKET,),
    rationale="what nobody needs any more is paid for until somebody removes it",
    fix='lifecycle_rules=[{action: {type: "Delete"}, condition: {age: 90}}]',
    sources=("prowler cloudstorage_bucket_lifecycle_management_enabled",),
    levels=ADVICE,
    passes=Sample(_BUCKET, {"lifecycleRules": [{"action": {"type": "Delete"}}]}),
    fails=Sample(_BUCKET, {"lifecycleRules": []}),
    check=has_at_least("lifecycleRules", 1, "so what nobody needs is paid for"),
)

TAGS_FIXED = Rule(
    id="gar-immutable-tags",
    title="A tag in a registry means the same image for ever.",
    severity="high",
    types=(_REPOSITORY, _FUNCTION),
    rationale="whoever may push could put another image behind a tag that was tested",
    fix="docker_config={immutable_tags: True}; not where Cloud Functions builds, which moves tags",
    sources=("AWS Security Hub ECR.2 (analogue)",),
    passes=Sample(_REPOSITORY, {"format": "DOCKER", "dockerConfig": {"immutableTags": True}}),
    fails=Sample(_REPOSITORY, {"format": "DOCKER", "dockerConfig": {"immutableTags": False}}),
    also_passes=(
        Sample(_REPOSITORY, {"format": "PYTHON"}),
        Sample(
            _REPOSITORY,
            {"format": "DOCKER", "repositoryId": "built"},
            beside=(
                Sample(
                    _FUNCTION,
                    {
                        "buildConfig": {
                            "dockerRepository": "projects/p/locations/l/repositories/built"
                        }
                    },
                ),
            ),
        ),
    ),
    also_fails=(
        Sample(
            _REPOSITORY,
            {"format": "DOCKER", "repositoryId": "pushed"},
            beside=(
                Sample(_FUNCTION, {"buildConfig": {"dockerRepository": "repositories/built"}}),
            ),
        ),
    ),
    stack_check=_movable,
)

IMAGES_ENCRYPTED = Rule(
    id="gar-cmek",
    title="A registry's images are encrypted with a key of one's own.",
    severity="low",
    types=(_REPOSITORY,),
    rationale=_OWN_KEY,
    fix="kms_key_name=key.id",
    sources=("CKV_GCP_84",),
    levels=ADVICE,
    passes=Sample(_REPOSITORY, {"kmsKeyName": _KEY}),
    fails=Sample(_REPOSITORY, {"format": "DOCKER"}),
    check=is_set("kmsKeyName", _WITHDRAW),
)

IMAGES_SCANNED = Rule(
    id="gar-scanning",
    title="A registry's images are scanned.",
    severity="medium",
    types=(_REPOSITORY,),
    rationale="known holes in an image's packages are found by others as well",
    fix="leave vulnerability_scanning_config out",
    sources=("prowler artifacts_container_analysis_enabled",),
    levels=STRICT_IN_PROD,
    passes=Sample(_REPOSITORY, {"vulnerabilityScanningConfig": {"enablementConfig": "INHERITED"}}),
    fails=Sample(_REPOSITORY, {"vulnerabilityScanningConfig": {"enablementConfig": "DISABLED"}}),
    check=is_none_of(
        "vulnerabilityScanningConfig.enablementConfig",
        ("DISABLED",),
        "so nobody hears of known holes",
    ),
)

IMAGES_CLEANED = Rule(
    id="cost-gar-cleanup",
    title="A registry forgets images that no tag names.",
    severity="medium",
    types=(_REPOSITORY,),
    rationale="images of models are gigabytes, each costs 0.10 USD per GB and month",
    fix='cleanup_policies=[{id: "untagged", action: "DELETE", condition: {…}}]',
    sources=("AWS Security Hub ECR.3 (analogue)",),
    levels=STRICT_IN_PROD,
    passes=Sample(_REPOSITORY, {"cleanupPolicies": [{"id": "untagged", "action": "DELETE"}]}),
    fails=Sample(_REPOSITORY, {"cleanupPolicies": []}),
    also_fails=(
        Sample(_REPOSITORY, {"cleanupPolicies": [{"id": "untagged"}], "cleanupPolicyDryRun": True}),
    ),
    check=all_of(
        has_at_least("cleanupPolicies", 1, "so every image ever pushed is paid for"),
        is_not_true("cleanupPolicyDryRun", "so nothing is removed"),
    ),
)

LOGS_RETAINED = Rule(
    id="cost-gcp-log-retention",
    title="A log bucket keeps logs as long as somebody reads them.",
    severity="low",
    types=(_LOGS,),
    rationale="logs over 30 days are paid for, and keep personal data longer than is needed",
    fix="retention_days=30",
    sources=("Cloud Logging pricing, 'Log retention'", "GDPR, article 5(1)(e)"),
    levels=ADVICE,
    parameters={"max_days": Parameter(400, "longest time in days")},
    passes=Sample(_LOGS, {"retentionDays": 90}),
    fails=Sample(_LOGS, {"retentionDays": 3650}),
    check=within("retentionDays", 1, "max_days", "paid for by the month", absent="passes"),
)

SECURITY = (
    BUCKET_CLOSED,
    BUCKET_UNIFORM,
    BUCKET_ENCRYPTED,
    TAGS_FIXED,
    IMAGES_ENCRYPTED,
    IMAGES_SCANNED,
)
RELIABILITY = (BUCKET_VERSIONED,)
COST = (BUCKET_CLEANED, IMAGES_CLEANED, LOGS_RETAINED)
