"""Rules about keys and registries: whom their own policies let in, and how keys are renewed."""

from collections.abc import Iterator

from modelport_policies.aws.policy_documents import LIMITS, document
from modelport_policies.demands import is_set, is_true
from modelport_policies.documents import allows, condition_keys, is_everyone, statements
from modelport_policies.rule import STRICT_IN_PROD, Reads, Resource, Rule, Sample, Settings
from modelport_policies.values import text

_KEY = "aws:kms/key:Key"
_LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
_REPOSITORY_POLICY = "aws:ecr/repositoryPolicy:RepositoryPolicy"


def _strangers(resource: Resource, _: Settings) -> Iterator[str]:
    for index, statement in statements(resource.properties, "policy"):
        limited = condition_keys(statement) & LIMITS
        if allows(statement) and is_everyone(statement) and not limited:
            yield f"lets every AWS account in: policy.Statement[{index}] has the Principal '*'"


KEY_NAMED = Rule(
    id="kms-no-wildcard-principal",
    title="A key's policy names those who may use it.",
    severity="critical",
    types=(_KEY,),
    rationale="with the Principal '*' every AWS account can decrypt what the key protects",
    fix='Principal: {"AWS": <role>}, or a Condition on kms:CallerAccount',
    sources=("CKV_AWS_33", "AWS Security Hub KMS.5"),
    reads=(Reads("policy", "passes"),),
    passes=Sample(
        _KEY,
        {"policy": document(Principal={"AWS": "arn:aws:iam::1:root"}, Action="kms:*")},
    ),
    fails=Sample(_KEY, {"policy": document(Principal={"AWS": "*"}, Action="kms:Decrypt")}),
    also_passes=(
        Sample(
            _KEY,
            {
                "policy": document(
                    Principal="*", Condition={"StringEquals": {"kms:CallerAccount": "1"}}
                )
            },
        ),
    ),
    check=_strangers,
)

REGISTRY_NAMED = Rule(
    id="ecr-policy-not-public",
    title="A registry's policy names those who may pull or push.",
    severity="critical",
    types=(_REPOSITORY_POLICY,),
    rationale="an image holds the model and the code; who may push decides what runs",
    fix='Principal: {"AWS": <account or role>}, or a Condition on aws:PrincipalOrgID',
    sources=("CKV_AWS_32", "prowler ecr_repositories_not_publicly_accessible"),
    reads=(Reads("policy", "passes"),),
    passes=Sample(
        _REPOSITORY_POLICY,
        {"policy": document(Principal={"AWS": "123456789012"}, Action="ecr:BatchGetImage")},
    ),
    fails=Sample(
        _REPOSITORY_POLICY, {"policy": document(Principal="*", Action="ecr:BatchGetImage")}
    ),
    check=_strangers,
)

KEY_ROTATED = Rule(
    id="kms-rotation",
    title="A key of one's own is renewed every year.",
    severity="medium",
    types=(_KEY,),
    rationale="a key that leaked opens only what was encrypted since it was last renewed",
    fix="enable_key_rotation=True",
    sources=("CIS AWS 6.0 4.6", "CKV_AWS_7"),
    passes=Sample(_KEY, {"enableKeyRotation": True}),
    fails=Sample(_KEY, {"enableKeyRotation": False}),
    also_passes=(Sample(_KEY, {"keyUsage": "SIGN_VERIFY"}),),
    check=is_true(
        "enableKeyRotation",
        "so a key that leaked opens all that was ever encrypted",
        unless=lambda properties: (
            text(properties, "keyUsage") in ("SIGN_VERIFY", "GENERATE_VERIFY_MAC")
        ),
    ),
    remedies={"enableKeyRotation": True},
)

LOGS_ENCRYPTED = Rule(
    id="loggroup-kms",
    title="A log group is encrypted with a key of one's own.",
    severity="medium",
    types=(_LOG_GROUP,),
    rationale="logs hold what callers asked; only an own key can be withdrawn and audited",
    fix="kms_key_id=key.arn, with the log service in the key's policy",
    sources=("CKV_AWS_158",),
    levels=STRICT_IN_PROD,
    passes=Sample(_LOG_GROUP, {"kmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/1"}),
    fails=Sample(_LOG_GROUP, {"retentionInDays": 30}),
    check=is_set("kmsKeyId", "so nobody here can withdraw its key"),
)

SECURITY = (KEY_NAMED, REGISTRY_NAMED, KEY_ROTATED, LOGS_ENCRYPTED)
