"""Ids of kubernetes objects: namespace and name, as its provider gives them."""

from typing import Final

from modelport.offline.place import entries, text
from modelport.offline.subject import Subject

CLUSTER_WIDE: Final = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterTrustBundle",
        "ComponentStatus",
        "CustomResourceDefinition",
        "DeviceClass",
        "DeviceTaintRule",
        "FlowSchema",
        "IPAddress",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PodSecurityPolicy",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "ServiceCIDR",
        "StorageClass",
        "StorageVersion",
        "StorageVersionMigration",
        "SubjectAccessReview",
        "TokenReview",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    }
)
"""Kinds without a namespace (Kubernetes API reference 1.34)."""


def is_namespaced(subject: Subject) -> bool:
    """Whether objects of this kind lie in a namespace."""
    kind = subject.kind.removesuffix("Patch")
    return kind not in CLUSTER_WIDE and kind.removesuffix("List") not in CLUSTER_WIDE


def object_name(subject: Subject) -> str:
    """The object's own name."""
    metadata = entries(subject.inputs.get("metadata"))
    prefix = text(metadata, "generateName")
    return text(metadata, "name") or f"{prefix}{subject.urn_name}"


def namespace_of(subject: Subject) -> str:
    """The object's namespace; empty when its kind has none."""
    if not is_namespaced(subject):
        return ""
    metadata = entries(subject.inputs.get("metadata"))
    return text(metadata, "namespace") or subject.place.namespace


def kubernetes_id(subject: Subject) -> str:
    """The id of a new object."""
    namespace, name = namespace_of(subject), object_name(subject)
    return f"{namespace}/{name}" if namespace else name


def api_version(subject: Subject) -> str:
    """Version of the API, as manifests write it: `core/v1` is `v1` there."""
    group, _, version = subject.module.partition("/")
    return version if group in ("core", "meta") else subject.module
