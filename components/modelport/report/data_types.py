"""Data types: resources whose deletion loses something, and what stops the deletion.

The guards are inputs of the providers' own resources, as their documentation describes them
(pulumi_aws 7, pulumi_gcp 10, pulumi_azure_native 3, pulumi_kubernetes 4); what each platform does
on deletion is from the platform's documentation of that resource.
"""

from dataclasses import dataclass
from typing import Literal

Loss = Literal["lost", "kept for a while", "depends"]


@dataclass(frozen=True, slots=True)
class DataType:
    """What a type of resource holds."""

    holds: str
    """What goes with it, in words."""
    guards: tuple[tuple[str, object], ...] = ()
    """Inputs and the values at which the platform or the provider refuses the deletion."""
    opens: tuple[tuple[str, object], ...] = ()
    """Inputs and the values at which even a full one is deleted; without them it must be empty."""
    loss: Loss = "lost"
    """What the deletion means."""
    note: str = ""
    """What else to know, as a clause."""


_PROTECTION = (("deletionProtection", True),)

DATA_TYPES: dict[str, DataType] = {
    # AWS
    "aws:s3/bucket:Bucket": DataType(
        "its objects, such as models and training data", opens=(("forceDestroy", True),)
    ),
    "aws:s3/bucketV2:BucketV2": DataType(
        "its objects, such as models and training data", opens=(("forceDestroy", True),)
    ),
    "aws:s3/directoryBucket:DirectoryBucket": DataType(
        "its objects", opens=(("forceDestroy", True),)
    ),
    "aws:rds/instance:Instance": DataType("its databases", _PROTECTION),
    "aws:rds/cluster:Cluster": DataType("its databases", _PROTECTION),
    "aws:docdb/cluster:Cluster": DataType("its databases", _PROTECTION),
    "aws:neptune/cluster:Cluster": DataType("its graphs", _PROTECTION),
    "aws:redshift/cluster:Cluster": DataType("its databases"),
    "aws:dynamodb/table:Table": DataType("its items", (("deletionProtectionEnabled", True),)),
    "aws:elasticache/replicationGroup:ReplicationGroup": DataType("its cached data"),
    "aws:opensearch/domain:Domain": DataType("its indexes"),
    "aws:efs/fileSystem:FileSystem": DataType("its files"),
    "aws:fsx/lustreFileSystem:LustreFileSystem": DataType("its files"),
    "aws:ebs/volume:Volume": DataType(
        "its blocks", note="`finalSnapshot` keeps a copy when it is true"
    ),
    "aws:ecr/repository:Repository": DataType(
        "its images, also those that older versions need", opens=(("forceDelete", True),)
    ),
    "aws:kms/key:Key": DataType(
        "the key, and with it everything that it encrypts",
        loss="kept for a while",
        note="AWS waits 7 to 30 days (`deletionWindowInDays`), in which it can be cancelled",
    ),
    "aws:secretsmanager/secret:Secret": DataType(
        "its values",
        loss="kept for a while",
        note="it can be restored for 7 to 30 days, unless `recoveryWindowInDays` is 0",
    ),
    "aws:cloudwatch/logGroup:LogGroup": DataType("its logs", (("skipDestroy", True),)),
    "aws:kinesis/stream:Stream": DataType("its records"),
    "aws:sqs/queue:Queue": DataType("messages that nobody has read yet"),
    "aws:sagemaker/featureGroup:FeatureGroup": DataType("its online features"),
    "aws:sagemaker/modelPackageGroup:ModelPackageGroup": DataType("its registered models"),
    "aws:backup/vault:Vault": DataType("its backups", opens=(("forceDestroy", True),)),
    # Google Cloud
    "gcp:storage/bucket:Bucket": DataType(
        "its objects, such as models and training data", opens=(("forceDestroy", True),)
    ),
    "gcp:sql/databaseInstance:DatabaseInstance": DataType("its databases", _PROTECTION),
    "gcp:sql/database:Database": DataType("its tables", (("deletionPolicy", "ABANDON"),)),
    "gcp:spanner/instance:Instance": DataType("its databases"),
    "gcp:spanner/database:Database": DataType("its tables", _PROTECTION),
    "gcp:bigtable/instance:Instance": DataType("its tables", _PROTECTION),
    "gcp:firestore/database:Database": DataType(
        "its documents", (("deleteProtectionState", "DELETE_PROTECTION_ENABLED"),)
    ),
    "gcp:bigquery/dataset:Dataset": DataType(
        "its tables", opens=(("deleteContentsOnDestroy", True),)
    ),
    "gcp:bigquery/table:Table": DataType("its rows", _PROTECTION),
    "gcp:compute/disk:Disk": DataType("its blocks"),
    "gcp:filestore/instance:Instance": DataType(
        "its files", (("deletionProtectionEnabled", True),)
    ),
    "gcp:redis/instance:Instance": DataType("its cached data"),
    "gcp:artifactregistry/repository:Repository": DataType(
        "its images and packages, also those that older versions need"
    ),
    "gcp:kms/cryptoKey:CryptoKey": DataType(
        "the key, and with it everything that it encrypts",
        loss="kept for a while",
        note="its versions are destroyed after a waiting time of 30 days when nothing else is set",
    ),
    "gcp:secretmanager/secret:Secret": DataType("its values"),
    "gcp:pubsub/subscription:Subscription": DataType("messages that nobody has read yet"),
    "gcp:vertex/aiFeatureStore:AiFeatureStore": DataType(
        "its features", opens=(("forceDestroy", True),)
    ),
    "gcp:logging/projectBucketConfig:ProjectBucketConfig": DataType("its logs"),
    # Azure
    "azure-native:resources:ResourceGroup": DataType("everything inside it"),
    "azure-native:storage:StorageAccount": DataType("its blobs, files, queues and tables"),
    "azure-native:storage:BlobContainer": DataType("its blobs, such as models and training data"),
    "azure-native:storage:FileShare": DataType("its files"),
    "azure-native:sql:Server": DataType("its databases"),
    "azure-native:sql:Database": DataType("its tables"),
    "azure-native:dbforpostgresql:Server": DataType("its databases"),
    "azure-native:dbforpostgresql:Database": DataType("its tables"),
    "azure-native:dbformysql:Server": DataType("its databases"),
    "azure-native:documentdb:DatabaseAccount": DataType("its databases"),
    "azure-native:cosmosdb:DatabaseAccount": DataType("its databases"),
    "azure-native:redis:Redis": DataType("its cached data"),
    "azure-native:compute:Disk": DataType("its blocks"),
    "azure-native:containerregistry:Registry": DataType(
        "its images, also those that older versions need"
    ),
    "azure-native:keyvault:Vault": DataType(
        "its keys and secrets",
        loss="kept for a while",
        note="soft delete keeps it for 7 to 90 days, and its name is taken until then",
    ),
    "azure-native:keyvault:Key": DataType(
        "the key, and with it everything that it encrypts",
        loss="kept for a while",
        note="soft delete of its vault keeps it for 7 to 90 days",
    ),
    "azure-native:operationalinsights:Workspace": DataType(
        "its logs", loss="kept for a while", note="Azure keeps it for 14 days"
    ),
    "azure-native:machinelearningservices:Workspace": DataType(
        "its registered models, runs and endpoints"
    ),
    # Kubernetes
    "kubernetes:core/v1:Namespace": DataType("everything inside it"),
    "kubernetes:core/v1:PersistentVolumeClaim": DataType(
        "the files of its volume",
        loss="depends",
        note="the volume's reclaim policy decides; for one made on demand the default is Delete",
    ),
    "kubernetes:core/v1:PersistentVolume": DataType(
        "its files", (("spec.persistentVolumeReclaimPolicy", "Retain"),)
    ),
    "kubernetes:apps/v1:StatefulSet": DataType(
        "its pods",
        loss="depends",
        note="its volume claims stay, unless `persistentVolumeClaimRetentionPolicy` says Delete",
    ),
    "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition": DataType(
        "every object of the type that it defines"
    ),
}  # fmt: skip
