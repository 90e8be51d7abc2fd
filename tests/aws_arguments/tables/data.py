"""Buckets and tables."""

from typing import Any
from urllib.parse import urlencode

from aws_arguments.documents import resource_policy
from aws_arguments.rules import Call, Rule, To, pairs, prefixed, rule, spelt

_BLOCKED = "BlockedEncryptionTypes.EncryptionType"
_BUCKET = {"Bucket": "bucket"}
_OWN_OF_OBJECTS = "etag sourceHash forceDestroy overrideProvider"


def _key(kind: str) -> To:
    return To("KeySchema", lambda name: [{"AttributeName": name, "KeyType": kind}])


def _local(path: str) -> dict[str, str | To]:
    return {
        f"{path}.name": "IndexName",
        f"{path}.rangeKey": _key("RANGE"),
        f"{path}.projectionType": "Projection.ProjectionType",
        f"{path}.nonKeyAttributes": "Projection.NonKeyAttributes",
    }


def _indices(path: str) -> dict[str, str | To]:
    return {
        **_local(path),
        f"{path}.hashKey": _key("HASH"),
        f"{path}.readCapacity": "ProvisionedThroughput.ReadCapacityUnits",
        f"{path}.writeCapacity": "ProvisionedThroughput.WriteCapacityUnits",
    }


def _versioned(block: Any) -> Any:
    return "Enabled" if block.get("enabled") else "Suspended"


_BUCKETS = rule(
    Call(
        "s3",
        "CreateBucket",
        {
            "bucketPrefix": prefixed("Bucket", 63),
            "objectLockEnabled": "ObjectLockEnabledForBucket",
        },
    ),
    Call("s3", "PutBucketTagging", {"tags": To("Tagging.TagSet", pairs("Key", "Value"))}, _BUCKET),
    Call(
        "s3",
        "PutBucketVersioning",
        {"versioning": To("VersioningConfiguration.Status", _versioned)},
        _BUCKET,
    ),
    Call(
        "s3",
        "PutBucketEncryption",
        {
            "serverSideEncryptionConfiguration": "ServerSideEncryptionConfiguration",
            "serverSideEncryptionConfiguration.rule": "Rules",
            "serverSideEncryptionConfiguration.rule.blockedEncryptionTypes": _BLOCKED,
        },
        _BUCKET,
    ),
    Call("s3", "PutBucketPolicy", {"policy": "Policy"}, _BUCKET),
    own="forceDestroy",
    checks={"policy": resource_policy, "bucket": spelt(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")},
)
_OBJECT = rule(
    Call(
        "s3",
        "PutObject",
        {
            "content": "Body",
            "contentBase64": "Body",
            "source": To("Body", lambda _asset: b"asset"),
            "kmsKeyId": "SSEKMSKeyId",
            "tags": To("Tagging", urlencode),
            "websiteRedirect": "WebsiteRedirectLocation",
        },
    ),
    own=_OWN_OF_OBJECTS,
)
_ENCRYPTION = rule(
    Call(
        "s3",
        "PutBucketEncryption",
        {
            "bucket": "/Bucket",
            "expectedBucketOwner": "/ExpectedBucketOwner",
            "rules.blockedEncryptionTypes": _BLOCKED,
        },
        at="ServerSideEncryptionConfiguration",
    )
)
_LIFECYCLE = rule(
    Call(
        "s3",
        "PutBucketLifecycleConfiguration",
        {"rules": "LifecycleConfiguration.Rules"},
    ),
    own="timeouts",
)
_VERSIONING = rule(Call("s3", "PutBucketVersioning"))

DATA: dict[str, Rule] = {
    "aws:s3/bucket:Bucket": _BUCKETS,
    "aws:s3/bucketV2:BucketV2": _BUCKETS,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": rule(
        Call(
            "s3",
            "PutPublicAccessBlock",
            {"bucket": "/Bucket"},
            at="PublicAccessBlockConfiguration",
        ),
        own="skipDestroy",
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:"
    "BucketServerSideEncryptionConfiguration": _ENCRYPTION,
    "aws:s3/bucketServerSideEncryptionConfigurationV2:"
    "BucketServerSideEncryptionConfigurationV2": _ENCRYPTION,
    "aws:s3/bucketVersioning:BucketVersioning": _VERSIONING,
    "aws:s3/bucketVersioningV2:BucketVersioningV2": _VERSIONING,
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _LIFECYCLE,
    "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": _LIFECYCLE,
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": rule(
        Call("s3", "PutBucketOwnershipControls", {"rule": "OwnershipControls.Rules"})
    ),
    "aws:s3/bucketPolicy:BucketPolicy": rule(
        Call("s3", "PutBucketPolicy"), checks={"policy": resource_policy}
    ),
    "aws:s3/bucketObject:BucketObject": _OBJECT,
    "aws:s3/bucketObjectv2:BucketObjectv2": _OBJECT,
    "aws:dynamodb/table:Table": rule(
        Call(
            "dynamodb",
            "CreateTable",
            {
                "name": "TableName",
                "attributes": "AttributeDefinitions",
                "attributes.name": "AttributeName",
                "attributes.type": "AttributeType",
                "hashKey": _key("HASH"),
                "rangeKey": _key("RANGE"),
                "readCapacity": "ProvisionedThroughput.ReadCapacityUnits",
                "writeCapacity": "ProvisionedThroughput.WriteCapacityUnits",
                "serverSideEncryption": "SSESpecification",
                "serverSideEncryption.kmsKeyArn": "KMSMasterKeyId",
                "streamEnabled": "StreamSpecification.StreamEnabled",
                "streamViewType": "StreamSpecification.StreamViewType",
                **_indices("globalSecondaryIndexes"),
                **_local("localSecondaryIndexes"),
            },
        ),
        Call(
            "dynamodb",
            "UpdateTimeToLive",
            {"ttl": "TimeToLiveSpecification"},
            {"TableName": "table"},
        ),
        Call(
            "dynamodb",
            "UpdateContinuousBackups",
            {
                "pointInTimeRecovery": "PointInTimeRecoverySpecification",
                "pointInTimeRecovery.enabled": "PointInTimeRecoveryEnabled",
            },
            {"TableName": "table"},
        ),
    ),
}
