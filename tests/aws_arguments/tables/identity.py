"""IAM and KMS."""

from aws_arguments.documents import identity_policy, resource_policy, trust_policy
from aws_arguments.rules import Call, Rule, prefixed, rule

_KEY = {"KeyId": "12345678-1234-1234-1234-123456789012"}

IDENTITY: dict[str, Rule] = {
    "aws:iam/role:Role": rule(
        Call(
            "iam",
            "CreateRole",
            {
                "name": "RoleName",
                "namePrefix": prefixed("RoleName", 64),
                "assumeRolePolicy": "AssumeRolePolicyDocument",
            },
        ),
        own="forceDetachPolicies",
        checks={"assumeRolePolicy": trust_policy},
    ),
    "aws:iam/policy:Policy": rule(
        Call(
            "iam",
            "CreatePolicy",
            {
                "name": "PolicyName",
                "namePrefix": prefixed("PolicyName", 128),
                "policy": "PolicyDocument",
            },
        ),
        own="delayAfterPolicyCreationInMs",
        checks={"policy": identity_policy},
    ),
    "aws:iam/rolePolicy:RolePolicy": rule(
        Call(
            "iam",
            "PutRolePolicy",
            {
                "name": "PolicyName",
                "namePrefix": prefixed("PolicyName", 128),
                "role": "RoleName",
                "policy": "PolicyDocument",
            },
        ),
        checks={"policy": identity_policy},
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": rule(
        Call("iam", "AttachRolePolicy", {"role": "RoleName"})
    ),
    "aws:iam/instanceProfile:InstanceProfile": rule(
        Call(
            "iam",
            "CreateInstanceProfile",
            {
                "name": "InstanceProfileName",
                "namePrefix": prefixed("InstanceProfileName", 128),
            },
        ),
        Call(
            "iam",
            "AddRoleToInstanceProfile",
            {"role": "RoleName"},
            {"InstanceProfileName": "profile"},
        ),
    ),
    "aws:kms/key:Key": rule(
        Call("kms", "CreateKey"),
        Call("kms", "ScheduleKeyDeletion", {"deletionWindowInDays": "PendingWindowInDays"}, _KEY),
        Call("kms", "EnableKeyRotation", {"rotationPeriodInDays": "RotationPeriodInDays"}, _KEY),
        own="enableKeyRotation isEnabled",
        checks={"policy": resource_policy},
    ),
    "aws:kms/alias:Alias": rule(
        Call(
            "kms",
            "CreateAlias",
            {"name": "AliasName", "namePrefix": prefixed("AliasName")},
        )
    ),
}
