"""What a cluster refused, in one sentence. The answers are those of a real API server."""

import re
from typing import Any

import pytest

from modelport.cluster.problems import Call, Refused

CALL = Call("patch", "apps/v1 Deployment shop/web")


def refused(code: int, message: str, reason: str = "", **details: Any) -> Refused:
    return Refused(CALL, code, {"message": message, "reason": reason, "details": details})


FORBIDDEN = refused(
    403,
    'deployments.apps "web" is forbidden: User "jane" cannot patch resource "deployments" in API '
    'group "apps" in the namespace "shop"',
    "Forbidden",
)
QUOTA = refused(
    403,
    'pods "web" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, '
    "limited: pods=2",
    "Forbidden",
)
CONFLICT = refused(
    409,
    'Apply failed with 1 conflict: conflict with "kubectl" with subresource "scale" using apps/v1: '
    ".spec.replicas",
    "Conflict",
    causes=[
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl" with subresource "scale" using apps/v1',
            "field": ".spec.replicas",
        }
    ],
)
INVALID = refused(
    422,
    "Service is invalid",
    "Invalid",
    causes=[
        {"field": "spec.ports[0].port", "message": "Invalid value: 80000: must be below 65536."},
        {"field": "metadata.name", "message": 'Invalid value: "Bad"'},
    ],
)
NO_NAMESPACE = refused(
    404, 'namespaces "shop" not found', "NotFound", name="shop", kind="namespaces"
)
UNKNOWN_FIELD = refused(
    500,
    "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.replica: "
    "field not declared in schema",
)
DENIED = refused(
    403,
    'admission webhook "policy.example.com" denied the request: images must come\n from us.',
)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            FORBIDDEN,
            "user 'jane' may not patch deployments.apps in namespace 'shop'; ask for a role with "
            "that verb, or choose another context",
        ),
        (
            QUOTA,
            "quota 'small' of its namespace is exceeded: requested pods=1, used pods=2 of pods=2; "
            "ask for less, or raise the quota",
        ),
        (
            CONFLICT,
            "fields are managed by others: spec.replicas by 'kubectl'; leave them out of the "
            "program, refresh to see what was changed, or take them over with the annotation "
            'pulumi.com/patchForce: "true"',
        ),
        (
            INVALID,
            "spec.ports[0].port: Invalid value: 80000: must be below 65536; metadata.name: "
            'Invalid value: "Bad"',
        ),
        (
            NO_NAMESPACE,
            "there is no namespace 'shop'; create it first, or let this resource depend on it",
        ),
        (
            UNKNOWN_FIELD,
            "spec.replica: the Kubernetes of this cluster has no such field; correct its name, or "
            "upgrade the cluster",
        ),
        (DENIED, "admission webhook 'policy.example.com' denied it: images must come from us"),
        (refused(418, "I am a teapot."), "the cluster refused to patch it: I am a teapot"),
        (refused(500, ""), "the cluster refused to patch it: 500"),
    ],
)
def test_an_answer_becomes_a_sentence(error: Refused, sentence: str) -> None:
    assert str(error) == f"apps/v1 Deployment shop/web: {sentence}"
    assert not re.search(r"\.$|\n", str(error))


def test_only_roles_count_as_missing_rights() -> None:
    assert FORBIDDEN.lacks_permission
    assert not QUOTA.lacks_permission
    assert not DENIED.lacks_permission


def test_what_may_pass_is_tried_again() -> None:
    assert refused(429, "").may_pass
    assert refused(503, "").may_pass
    assert refused(500, "etcdserver: leader changed").may_pass
    young = 'pods "web" is forbidden: error looking up service account shop/default: '
    assert refused(403, f'{young}serviceaccount "default" not found').may_pass
    for error in (FORBIDDEN, QUOTA, CONFLICT, INVALID, NO_NAMESPACE, UNKNOWN_FIELD):
        assert not error.may_pass


def test_conflicts_know_fields_and_managers() -> None:
    assert CONFLICT.conflicts == {"kubectl": ["spec.replicas"]}
    assert FORBIDDEN.conflicts == {}
    assert NO_NAMESPACE.missing_namespace == "shop"
