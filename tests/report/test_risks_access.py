"""What becomes open, and wide rights: a person is told, also where it is not known."""

import json
from typing import Any

import pytest

from report.made import GROUP, SERVER, UNKNOWN_MARK, of, step

STAR = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
EVERYONE = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject"}]}
TRUSTED = {"Statement": [{**EVERYONE["Statement"][0], "Condition": {"StringEquals": {}}}]}


# -- exposure


def open_to(*ranges: Any) -> dict[str, Any]:
    return {"ingress": [{"fromPort": 22, "toPort": 22, "cidrBlocks": list(ranges)}]}


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        (GROUP, open_to("10.0.0.0/8", "0.0.0.0/0")),
        (GROUP, {"ingress": [{"ipv6CidrBlocks": ["::/0"]}]}),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", {"cidrIpv4": "0.0.0.0/0"}),
        ("aws:lambda/functionUrl:FunctionUrl", {"authorizationType": "NONE"}),
        ("aws:s3/bucketPolicy:BucketPolicy", {"policy": json.dumps(EVERYONE)}),
        ("aws:s3/bucketAcl:BucketAcl", {"acl": "public-read"}),
        ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {"blockPublicAcls": True}),
        ("aws:lb/loadBalancer:LoadBalancer", {"internal": False}),
        ("aws:eks/cluster:Cluster", {"vpcConfig": {}}),
        ("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", {"member": "allUsers"}),
        ("gcp:storage/bucketIAMBinding:BucketIAMBinding", {"members": ["user:a", "allUsers"]}),
        ("gcp:compute/firewall:Firewall", {"allows": [{}], "sourceRanges": ["0.0.0.0/0"]}),
        ("gcp:compute/firewall:Firewall", {"allows": [{}]}),
        ("gcp:compute/instance:Instance", {"networkInterfaces": [{"accessConfigs": [{}]}]}),
        ("azure-native:storage:StorageAccount", {"allowBlobPublicAccess": True}),
        (
            "azure-native:network:SecurityRule",
            {"direction": "Inbound", "access": "Allow", "sourceAddressPrefix": "Internet"},
        ),
        ("kubernetes:core/v1:Service", {"spec": {"type": "LoadBalancer"}}),
        ("kubernetes:core/v1:Service", {"spec": {"type": "NodePort"}}),
        (SERVER, {"host": "0.0.0.0"}),
    ],
)
def test_what_becomes_open_is_said_once(kind: str, inputs: dict[str, Any]) -> None:
    assert any(
        risk.severity == "high" and risk.judged for risk in of("exposure", step(kind, new=inputs))
    )
    assert not of("exposure", step(kind, op="update", old=inputs, new=inputs))
    assert not of("exposure", step(kind, op="delete", old=inputs)) or "Block" in kind


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        (GROUP, open_to("10.0.0.0/8")),
        (GROUP, {"egress": [{"cidrBlocks": ["0.0.0.0/0"]}]}),
        ("aws:lambda/functionUrl:FunctionUrl", {"authorizationType": "AWS_IAM"}),
        ("aws:s3/bucketPolicy:BucketPolicy", {"policy": json.dumps(TRUSTED)}),
        ("aws:lb/loadBalancer:LoadBalancer", {"internal": True}),
        ("gcp:compute/firewall:Firewall", {"allows": [{}], "sourceTags": ["a"]}),
        ("gcp:compute/firewall:Firewall", {"direction": "EGRESS", "allows": [{}]}),
        (
            "kubernetes:core/v1:Service",
            {
                "metadata": {"annotations": {"networking.gke.io/load-balancer-type": "Internal"}},
                "spec": {"type": "LoadBalancer"},
            },
        ),
        (SERVER, {"host": "127.0.0.1"}),
        (SERVER, {"host": "::1"}),
    ],
)
def test_what_stays_closed_is_not_said(kind: str, inputs: dict[str, Any]) -> None:
    assert not of("exposure", step(kind, new=inputs))


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        (GROUP, open_to(UNKNOWN_MARK)),
        (GROUP, {"ingress": UNKNOWN_MARK}),
        ("aws:lambda/functionUrl:FunctionUrl", {"authorizationType": UNKNOWN_MARK}),
        ("aws:s3/bucketPolicy:BucketPolicy", {"policy": UNKNOWN_MARK}),
        ("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", {"member": UNKNOWN_MARK}),
        ("azure-native:storage:StorageAccount", {"allowBlobPublicAccess": UNKNOWN_MARK}),
        ("kubernetes:core/v1:Service", {"spec": {"type": UNKNOWN_MARK}}),
        (SERVER, {"host": UNKNOWN_MARK}),
    ],
)
def test_what_is_not_known_is_said_not_to_be_judged(kind: str, inputs: dict[str, Any]) -> None:
    (risk,) = of("exposure", step(kind, new=inputs))
    assert not risk.judged
    assert "could not be judged before the update" in risk.what


# -- identity


@pytest.mark.parametrize(
    ("kind", "inputs", "says"),
    [
        ("aws:iam/policy:Policy", {"policy": json.dumps(STAR)}, "every action on everything"),
        ("aws:iam/rolePolicy:RolePolicy", {"policy": STAR}, "every action on everything"),
        ("aws:iam/role:Role", {"inlinePolicies": [{"policy": STAR}]}, "every action"),
        ("aws:iam/role:Role", {"assumeRolePolicy": EVERYONE}, "taken on by everyone"),
        (
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
            "AdministratorAccess",
        ),
        ("gcp:projects/iAMMember:IAMMember", {"role": "roles/owner"}, "roles/owner"),
        ("gcp:projects/iAMMember:IAMMember", {"role": "roles/storage.admin"}, "storage.admin"),
        (
            "azure-native:authorization:RoleAssignment",
            {"roleDefinitionId": "/x/8E3AF657-A8FF-443C-A75C-2FE8C4BCB635"},
            "Owner",
        ),
        (
            "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding",
            {"roleRef": {"name": "cluster-admin"}},
            "cluster-admin",
        ),
        (
            "kubernetes:rbac.authorization.k8s.io/v1:Role",
            {"rules": [{"verbs": ["*"], "resources": ["*"]}]},
            "every action on everything",
        ),
    ],
)
def test_wide_rights(kind: str, inputs: dict[str, Any], says: str) -> None:
    found = of("identity", step(kind, new=inputs))
    assert says in " ".join(risk.what for risk in found)
    assert not of("identity", step(kind, op="update", old=inputs, new=inputs))


def test_rights_that_are_not_known() -> None:
    (risk,) = of("identity", step("aws:iam/policy:Policy", new={"policy": UNKNOWN_MARK}))
    assert not risk.judged
