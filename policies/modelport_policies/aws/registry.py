"""Rules about ECR: what an image's tag means, and how long images are kept."""

from collections.abc import Iterator, Sequence

from modelport_policies.demands import is_not_true, is_one_of, is_true
from modelport_policies.relations import of_type, without_partner
from modelport_policies.rule import ADVICE, STRICT_IN_PROD, Resource, Rule, Sample, Settings

_REPOSITORY = "aws:ecr/repository:Repository"
_LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"


def _cleaned(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    repositories, policies = of_type(resources, _REPOSITORY), of_type(resources, _LIFECYCLE)
    for item in without_partner(repositories, policies, ("repository",), ("name",)):
        yield item, "has no LifecyclePolicy, so every image ever pushed is paid for"


TAGS_FIXED = Rule(
    id="ecr-immutable-tags",
    title="A tag in a registry means the same image for ever.",
    severity="high",
    types=(_REPOSITORY,),
    rationale="whoever may push could put another image behind a tag that was tested",
    fix='image_tag_mutability="IMMUTABLE"',
    sources=("AWS Security Hub ECR.2", "CKV_AWS_51"),
    passes=Sample(_REPOSITORY, {"imageTagMutability": "IMMUTABLE"}),
    fails=Sample(_REPOSITORY, {"imageTagMutability": "MUTABLE"}),
    check=is_one_of(
        "imageTagMutability",
        ["IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"],
        "so a tag that was tested can be moved",
    ),
)

SCANNED = Rule(
    id="ecr-scan-on-push",
    title="An image is scanned when it is pushed.",
    severity="high",
    types=(_REPOSITORY,),
    rationale="known holes in an image's packages are found by others as well",
    fix="image_scanning_configuration={scan_on_push: True}",
    sources=("AWS Security Hub ECR.1", "CKV_AWS_163"),
    levels=STRICT_IN_PROD,
    passes=Sample(_REPOSITORY, {"imageScanningConfiguration": {"scanOnPush": True}}),
    fails=Sample(_REPOSITORY, {"imageScanningConfiguration": {"scanOnPush": False}}),
    check=is_true("imageScanningConfiguration.scanOnPush", "so nobody hears of known holes"),
    remedies={"imageScanningConfiguration.scanOnPush": True},
)

IMAGES_ENCRYPTED = Rule(
    id="ecr-kms",
    title="A registry's images are encrypted with a key of one's own.",
    severity="medium",
    types=(_REPOSITORY,),
    rationale="an image holds the model; only an own key can be withdrawn and audited",
    fix='encryption_configurations=[{encryption_type: "KMS", kms_key: key.arn}]',
    sources=("CKV_AWS_136",),
    levels=ADVICE,
    passes=Sample(_REPOSITORY, {"encryptionConfigurations": [{"encryptionType": "KMS"}]}),
    fails=Sample(_REPOSITORY, {"encryptionConfigurations": [{"encryptionType": "AES256"}]}),
    check=is_one_of(
        "encryptionConfigurations[].encryptionType",
        ["KMS", "KMS_DSSE"],
        "so nobody here can withdraw its key",
    ),
)

IMAGES_KEPT = Rule(
    id="ecr-no-force-delete",
    title="A registry in prod is not deleted with its images in it.",
    severity="low",
    types=(_REPOSITORY,),
    rationale="what runs is pulled again when a machine is replaced; without its image it is down",
    fix="leave force_delete out",
    sources=("Amazon ECR API reference, DeleteRepository, force",),
    levels=ADVICE,
    passes=Sample(_REPOSITORY, {"forceDelete": False}),
    fails=Sample(_REPOSITORY, {"forceDelete": True}),
    check=is_not_true("forceDelete", "so one destroy takes the images of what runs"),
)

IMAGES_CLEANED = Rule(
    id="cost-ecr-lifecycle",
    title="Every registry has a lifecycle.",
    severity="medium",
    types=(_REPOSITORY, _LIFECYCLE),
    rationale="images of models are gigabytes, each costs 0.10 USD per GB and month",
    fix="aws.ecr.LifecyclePolicy(…, repository=repository.name, policy=<untagged after 14 days>)",
    sources=("AWS Security Hub ECR.3", "prowler ecr_repositories_lifecycle_policy_enabled"),
    levels=STRICT_IN_PROD,
    passes=Sample(
        _REPOSITORY, {"name": "cancer"}, beside=(Sample(_LIFECYCLE, {"repository": "cancer"}),)
    ),
    fails=Sample(_REPOSITORY, {"name": "tumour"}),
    also_fails=(
        Sample(_REPOSITORY, {"name": "a"}, beside=(Sample(_LIFECYCLE, {"repository": "b"}),)),
    ),
    stack_check=_cleaned,
)

SECURITY = (TAGS_FIXED, SCANNED, IMAGES_ENCRYPTED)
RELIABILITY = (IMAGES_KEPT,)
COST = (IMAGES_CLEANED,)
