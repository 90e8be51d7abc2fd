"""Rules about S3 buckets: who can read them, and how they are kept."""

import json
from collections.abc import Iterator, Sequence

from modelport_policies.demands import all_of, is_none_of, is_one_of, is_true
from modelport_policies.documents import allows, condition_keys, is_everyone, parsed, statements
from modelport_policies.relations import of_type, without_partner
from modelport_policies.rule import ADVICE, STRICT_IN_PROD, Reads, Resource, Rule, Sample, Settings
from modelport_policies.values import UNKNOWN, read

_BUCKET = "aws:s3/bucket:Bucket"
_BUCKETS = (_BUCKET, "aws:s3/bucketV2:BucketV2")
_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_ACL = "aws:s3/bucketAcl:BucketAcl"
_ACLS = (*_BUCKETS, _ACL, "aws:s3/bucketAclV2:BucketAclV2")
_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
_ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
_ENCRYPTIONS = (
    _ENCRYPTION,
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)
_VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
_VERSIONINGS = (_VERSIONING, "aws:s3/bucketVersioningV2:BucketVersioningV2")
_LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
_LIFECYCLES = (
    _LIFECYCLE,
    "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
)
_PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read")
_SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_NAMES = ("bucket", "id", "arn")
_CLOSED: dict[str, object] = dict.fromkeys(_SWITCHES, True)


def _document(**statement: object) -> str:
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::models/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed | statement]})


_TLS_ONLY = _document(
    Effect="Deny",
    Principal="*",
    Action="s3:*",
    Condition={"Bool": {"aws:SecureTransport": "false"}},
)
_NAMED = _document(Principal={"AWS": "arn:aws:iam::123456789012:role/reader"})
_WHO = ("aws:principalorgid", "aws:sourceaccount", "aws:sourcearn", "aws:sourcevpce")
_WHERE = ("aws:principalaccount", "aws:sourcevpc", "aws:sourceip", "aws:principalarn")


def _blocked(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    buckets, blocks = of_type(resources, *_BUCKETS), of_type(resources, _BLOCK)
    for bucket in without_partner(buckets, blocks, ("bucket",), _NAMES):
        yield bucket, "has no BucketPublicAccessBlock, so one policy or ACL makes it public"


def _strangers(resource: Resource, _: Settings) -> Iterator[str]:
    for index, statement in statements(resource.properties, "policy"):
        limited = condition_keys(statement) & {*_WHO, *_WHERE}
        if allows(statement) and is_everyone(statement) and not limited:
            yield f"lets everybody in: policy.Statement[{index}] has the Principal '*'"


def _over_tls(resource: Resource, _: Settings) -> Iterator[str]:
    policy = read(resource.properties, "policy")
    if policy is UNKNOWN or parsed(policy) is None:
        return
    for _index, statement in statements(resource.properties, "policy"):
        if not allows(statement) and "aws:securetransport" in condition_keys(statement):
            return
    yield "does not refuse plain HTTP: no Deny where aws:SecureTransport is false"


def _kept(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    buckets, versionings = of_type(resources, *_BUCKETS), of_type(resources, *_VERSIONINGS)
    for bucket in without_partner(buckets, versionings, ("bucket",), _NAMES):
        yield bucket, "keeps no old versions, so a model that was overwritten is gone"


def _cleaned(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    buckets, lifecycles = of_type(resources, *_BUCKETS), of_type(resources, *_LIFECYCLES)
    for bucket in without_partner(buckets, lifecycles, ("bucket",), _NAMES):
        yield bucket, "has no lifecycle, so what nobody needs is paid for month after month"


BLOCK_COMPLETE = Rule(
    id="s3-public-access-block",
    title="A bucket's public access block blocks all four ways.",
    severity="critical",
    types=(_BLOCK,),
    rationale="each of the four closes another way in; models and data behind one are public",
    fix="block_public_acls, block_public_policy, ignore_public_acls, restrict_public_buckets=True",
    sources=("AWS Security Hub S3.8", "CIS AWS 6.0 3.1.4", "CKV_AWS_53 to CKV_AWS_56"),
    passes=Sample(_BLOCK, _CLOSED),
    fails=Sample(_BLOCK, {**_CLOSED, "blockPublicPolicy": False}),
    also_fails=tuple(Sample(_BLOCK, {**_CLOSED, switch: False}) for switch in _SWITCHES),
    check=all_of(*(is_true(switch, "so that way stays open") for switch in _SWITCHES)),
    remedies=_CLOSED,
)

BUCKET_BLOCKED = Rule(
    id="s3-bucket-has-access-block",
    title="Every bucket has a public access block.",
    severity="critical",
    types=(*_BUCKETS, _BLOCK),
    rationale="without one a single policy or ACL, written by anybody, makes the bucket public",
    fix="aws.s3.BucketPublicAccessBlock(…, bucket=bucket.id, block_public_acls=True, …)",
    sources=("AWS Security Hub S3.8", "CKV2_AWS_6"),
    passes=Sample(
        _BUCKET, {"bucket": "models"}, beside=(Sample(_BLOCK, {"bucket": "models", **_CLOSED}),)
    ),
    fails=Sample(_BUCKET, {"bucket": "requests"}),
    also_passes=(
        Sample(_BUCKETS[1], {"bucket": "a"}, beside=(Sample(_BLOCK, {"bucket": "a"}),)),
        Sample(_BLOCK, {"bucket": "somebody-elses"}),
    ),
    also_fails=(
        Sample(_BUCKET, {"bucket": "a"}, beside=(Sample(_BLOCK, {"bucket": "b"}),)),
        Sample(_BUCKETS[1], {}, beside=(Sample(_BLOCK, {"bucket": "b"}),)),
    ),
    stack_check=_blocked,
)

ACL_PRIVATE = Rule(
    id="s3-no-public-acl",
    title="No bucket has an ACL that is public.",
    severity="critical",
    types=_ACLS,
    rationale="everybody on the internet can list and read it; search engines do",
    fix='leave acl out, or acl="private"',
    sources=("AWS Security Hub S3.2", "CKV_AWS_20"),
    passes=Sample(_BUCKET, {"acl": "private"}),
    fails=Sample(_BUCKET, {"acl": "public-read"}),
    also_passes=(Sample(_BUCKET, {}), Sample(_ACL, {"acl": "private"})),
    also_fails=tuple(Sample(kind, {"acl": acl}) for kind in _ACLS for acl in _PUBLIC_ACLS),
    check=is_none_of("acl", _PUBLIC_ACLS, "so strangers can read it"),
)

POLICY_NAMED = Rule(
    id="s3-policy-not-public",
    title="A bucket's policy names those whom it lets in.",
    severity="critical",
    types=(_POLICY,),
    rationale="with the Principal '*' everybody on the internet is let in",
    fix='Principal: {"AWS": <role>} in the statement, or a Condition on aws:PrincipalOrgID',
    sources=("CKV_AWS_70", "AWS Security Hub S3.2"),
    reads=(Reads("policy", "passes"),),
    passes=Sample(_POLICY, {"policy": _NAMED}),
    fails=Sample(_POLICY, {"policy": _document(Principal="*")}),
    also_passes=(
        Sample(_POLICY, {"policy": _TLS_ONLY}),
        Sample(
            _POLICY,
            {
                "policy": _document(
                    Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
                )
            },
        ),
        Sample(_POLICY, {"policy": _document(Principal={"Service": "*"})}),
    ),
    also_fails=(
        Sample(_POLICY, {"policy": _document(Principal={"AWS": ["123456789012", "*"]})}),
        Sample(
            _POLICY,
            {
                "policy": _document(
                    Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}}
                )
            },
        ),
    ),
    check=_strangers,
)

TLS_ONLY = Rule(
    id="s3-tls-only",
    title="A bucket's policy refuses plain HTTP.",
    severity="medium",
    types=(_POLICY,),
    rationale="over plain HTTP models and data can be read and changed on the way",
    fix='a statement Deny, Principal "*", Condition {"Bool": {"aws:SecureTransport": "false"}}',
    sources=("AWS Security Hub S3.5", "CIS AWS 6.0 3.1.1"),
    levels=STRICT_IN_PROD,
    reads=(Reads("policy", "passes"),),
    passes=Sample(_POLICY, {"policy": _TLS_ONLY}),
    fails=Sample(_POLICY, {"policy": _NAMED}),
    check=_over_tls,
)

ENCRYPTED = Rule(
    id="s3-encryption",
    title="A bucket says how it is encrypted, at best with a key of one's own.",
    severity="low",
    types=_ENCRYPTIONS,
    rationale="S3 encrypts with its own key anyway; only an own key can be withdrawn and audited",
    fix='apply_server_side_encryption_by_default={sse_algorithm: "aws:kms", kms_master_key_id: …}',
    sources=("CKV_AWS_145", "Amazon S3, 'Default encryption FAQ'"),
    levels=ADVICE,
    passes=Sample(
        _ENCRYPTION,
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}]},
    ),
    fails=Sample(
        _ENCRYPTION,
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
    ),
    check=is_one_of(
        "rules[].applyServerSideEncryptionByDefault.sseAlgorithm",
        ["aws:kms", "aws:kms:dsse"],
        "so nobody here can withdraw its key",
    ),
)

VERSIONED = Rule(
    id="s3-versioning",
    title="A bucket with a versioning configuration keeps versions.",
    severity="medium",
    types=_VERSIONINGS,
    rationale="what was overwritten or deleted by mistake can be had back",
    fix='versioning_configuration={status: "Enabled"}',
    sources=("AWS Security Hub S3.14", "CKV_AWS_21"),
    levels=ADVICE,
    passes=Sample(_VERSIONING, {"versioningConfiguration": {"status": "Enabled"}}),
    fails=Sample(_VERSIONING, {"versioningConfiguration": {"status": "Suspended"}}),
    check=is_one_of(
        "versioningConfiguration.status", ["Enabled"], "so what is overwritten is gone"
    ),
)

VERSIONS_KEPT = Rule(
    id="s3-bucket-has-versioning",
    title="Every bucket keeps versions.",
    severity="low",
    types=(*_BUCKETS, *_VERSIONINGS),
    rationale="a model or data that was overwritten by mistake can be had back",
    fix='aws.s3.BucketVersioning(…, bucket=bucket.id, …={status: "Enabled"})',
    sources=("AWS Security Hub S3.14", "CKV_AWS_21"),
    levels=ADVICE,
    passes=Sample(
        _BUCKET, {"bucket": "models"}, beside=(Sample(_VERSIONING, {"bucket": "models"}),)
    ),
    fails=Sample(_BUCKET, {"bucket": "requests"}),
    also_fails=(Sample(_BUCKET, {"bucket": "a"}, beside=(Sample(_VERSIONING, {"bucket": "b"}),)),),
    stack_check=_kept,
)

LIFECYCLE_THERE = Rule(
    id="cost-s3-lifecycle",
    title="Every bucket has a lifecycle.",
    severity="low",
    types=(*_BUCKETS, *_LIFECYCLES),
    rationale="old versions and broken uploads are paid for until somebody removes them",
    fix="aws.s3.BucketLifecycleConfiguration(…, bucket=bucket.id, rules=[…])",
    sources=("AWS Security Hub S3.13", "CKV2_AWS_61"),
    levels=ADVICE,
    passes=Sample(
        _BUCKET, {"bucket": "models"}, beside=(Sample(_LIFECYCLE, {"bucket": "models"}),)
    ),
    fails=Sample(_BUCKET, {"bucket": "requests"}),
    also_fails=(Sample(_BUCKET, {"bucket": "a"}, beside=(Sample(_LIFECYCLE, {"bucket": "b"}),)),),
    stack_check=_cleaned,
)

SECURITY = (BLOCK_COMPLETE, BUCKET_BLOCKED, ACL_PRIVATE, POLICY_NAMED, TLS_ONLY, ENCRYPTED)
RELIABILITY = (VERSIONED, VERSIONS_KEPT)
COST = (LIFECYCLE_THERE,)
