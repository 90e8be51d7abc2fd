"""Rules about IAM: what roles may do, and who may take them."""

from collections.abc import Iterator, Sequence

from modelport_policies.aws.policy_documents import LIMITS, document
from modelport_policies.documents import (
    allows,
    condition_keys,
    is_everyone,
    principals,
    statements,
    words,
)
from modelport_policies.relations import of_type, refers
from modelport_policies.rule import Reads, Resource, Rule, Sample, Settings
from modelport_policies.values import items, text

_POLICY = "aws:iam/policy:Policy"
_ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
_POLICIES = (
    _POLICY,
    _ROLE_POLICY,
    "aws:iam/groupPolicy:GroupPolicy",
    "aws:iam/userPolicy:UserPolicy",
)
_ROLE = "aws:iam/role:Role"
_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_ATTACHMENTS = (
    _ATTACHMENT,
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
)
_MODEL = "aws:sagemaker/model:Model"
_SERVICES = ("iam", "s3", "sagemaker", "kms", "secretsmanager", "sts", "lambda", "ec2")
"""Services of which all actions on everything are as good as all rights."""
_DEPUTIES = (
    "bedrock.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "sagemaker.amazonaws.com",
    "scheduler.amazonaws.com",
    "states.amazonaws.com",
)
"""Services whose own documentation asks for the condition in a role that they take.

Source: 'Cross-service confused deputy prevention' in the guide of each.
"""


def _trust(principal: object, **condition: object) -> str:
    limits = {"Condition": {"StringEquals": condition}} if condition else {}
    return document(Principal=principal, Action="sts:AssumeRole", Resource=None, **limits)


_READER = document()
_SAGEMAKER = {"Service": "sagemaker.amazonaws.com"}


def _administrator(resource: Resource, _: Settings) -> Iterator[str]:
    for index, statement in statements(resource.properties, "policy"):
        if not allows(statement) or "*" not in words(statement, "Resource"):
            continue
        if {"*", "*:*"} & set(words(statement, "Action")):
            yield f"allows everything on everything in policy.Statement[{index}]"


def _whole_service(resource: Resource, _: Settings) -> Iterator[str]:
    for index, statement in statements(resource.properties, "policy"):
        if not allows(statement) or "*" not in words(statement, "Resource"):
            continue
        place = f"policy.Statement[{index}]"
        for service in _SERVICES:
            if f"{service}:*" in {word.lower() for word in words(statement, "Action")}:
                yield f"allows '{service}:*' on every resource in {place}"
        passes = any(word.lower() == "iam:passrole" for word in words(statement, "Action"))
        if passes and "iam:passedtoservice" not in condition_keys(statement):
            yield f"may pass any role to any service (iam:PassRole on '*') in {place}"


def _managed(resource: Resource, _: Settings) -> Iterator[str]:
    arn = text(resource.properties, "policyArn")
    if isinstance(arn, str) and _gives_everything(arn):
        yield f"attaches {arn.rsplit('/', 1)[-1]}, which allows far more than a model needs"


def _inline(resource: Resource, _: Settings) -> Iterator[str]:
    for index, arn in items(resource.properties, "managedPolicyArns"):
        if isinstance(arn, str) and _gives_everything(arn):
            name = arn.rsplit("/", 1)[-1]
            yield f"has managedPolicyArns[{index}] {name}, which allows far more than it needs"


def _gives_everything(arn: str) -> bool:
    """Whether it is one of AWS's own policies that allow a whole service or all."""
    if not arn.startswith(("arn:aws:iam::aws:policy/", "arn:aws-cn:", "arn:aws-us-gov:")):
        return False
    name = arn.rsplit("/", 1)[-1]
    return name.isalnum() and (
        name.endswith(("FullAccess", "AdministratorAccess")) or name == "PowerUserAccess"
    )


def _deputy(resource: Resource, _: Settings) -> Iterator[str]:
    for index, statement in statements(resource.properties, "assumeRolePolicy"):
        if not allows(statement) or condition_keys(statement) & LIMITS:
            continue
        place = f"assumeRolePolicy.Statement[{index}]"
        if is_everyone(statement):
            yield f"may be taken by every AWS account: {place} has the Principal '*'"
        for kind, name in principals(statement):
            if kind == "Service" and name in _DEPUTIES:
                yield f"lets {name} take it for any account: {place} has no aws:SourceAccount"


def _model_role(resources: Sequence[Resource], _: Settings) -> Iterator[tuple[Resource, str]]:
    models, roles = of_type(resources, _MODEL), of_type(resources, _ROLE)
    strong = [
        item
        for item in of_type(resources, _ATTACHMENT)
        if isinstance(arn := text(item.properties, "policyArn"), str) and _gives_everything(arn)
    ]
    for model in models:
        for role in roles:
            if not _uses(model, role, "executionRoleArn"):
                continue
            if any(_uses(item, role, "role") for item in strong):
                yield model, "runs with a role that has one of AWS's FullAccess policies"


def _uses(user: Resource, role: Resource, key: str) -> bool:
    return role.urn in user.uses.get(key, ()) or (
        isinstance(text(user.properties, key), str) and refers(user, role, (key,), ("name", "arn"))
    )


NO_ADMINISTRATOR = Rule(
    id="iam-no-admin-star",
    title="No policy allows everything on everything.",
    severity="critical",
    types=_POLICIES,
    rationale="whoever gets into the program that has it owns the account",
    fix="the actions that are called, on the ARNs that they are about",
    sources=("AWS Security Hub IAM.1", "CIS AWS 6.0 2.15", "CKV_AWS_62"),
    reads=(Reads("policy", "passes"),),
    passes=Sample(_POLICY, {"policy": _READER}),
    fails=Sample(_POLICY, {"policy": document(Action="*", Resource="*")}),
    also_passes=(
        Sample(_POLICY, {"policy": document(Effect="Deny", Action="*", Resource="*")}),
        Sample(_POLICY, {"policy": document(Action="*")}),
    ),
    also_fails=tuple(
        Sample(kind, {"policy": document(Action=["s3:GetObject", "*"], Resource=["*"])})
        for kind in _POLICIES
    ),
    check=_administrator,
)

NO_WHOLE_SERVICE = Rule(
    id="iam-no-service-star",
    title="No policy allows all of a powerful service on every resource.",
    severity="high",
    types=_POLICIES,
    rationale="one stolen credential then reads every bucket, takes every role, stops every model",
    fix="the actions that are called, on the ARNs that they are about; iam:PassRole on one role",
    sources=("AWS Security Hub IAM.21", "CKV_AWS_63"),
    reads=(Reads("policy", "passes"),),
    passes=Sample(_ROLE_POLICY, {"policy": _READER}),
    fails=Sample(_ROLE_POLICY, {"policy": document(Action="s3:*", Resource="*")}),
    also_passes=(
        Sample(_POLICY, {"policy": document(Action="s3:*")}),
        Sample(_POLICY, {"policy": document(Action="logs:*", Resource="*")}),
        Sample(_POLICY, {"policy": document(Effect="Deny", Action="s3:*", Resource="*")}),
        Sample(
            _POLICY,
            {
                "policy": document(
                    Action="iam:PassRole",
                    Resource="*",
                    Condition={"StringEquals": {"iam:PassedToService": "ecs.amazonaws.com"}},
                )
            },
        ),
    ),
    also_fails=(
        Sample(_POLICY, {"policy": document(Action=["iam:PassRole"], Resource="*")}),
        *(
            Sample(_POLICY, {"policy": document(Action=f"{service}:*", Resource="*")})
            for service in _SERVICES
        ),
    ),
    check=_whole_service,
)

NO_FULL_ACCESS = Rule(
    id="iam-no-managed-fullaccess",
    title="No role has one of AWS's policies that allow a whole service.",
    severity="high",
    types=_ATTACHMENTS,
    rationale="a FullAccess policy lets a model that was broken into delete, copy and pay anything",
    fix="a RolePolicy with the actions that are called, on the ARNs that they are about",
    sources=("cloudsplaining", "AWS IAM, 'Grant least privilege'", "CKV2_AWS_68"),
    reads=(Reads("policyArn", "passes"),),
    passes=Sample(
        _ATTACHMENT,
        {"policyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
    ),
    fails=Sample(_ATTACHMENT, {"policyArn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"}),
    also_passes=(
        Sample(_ATTACHMENT, {"policyArn": "arn:aws:iam::123456789012:policy/OurFullAccess"}),
    ),
    also_fails=(
        *(
            Sample(kind, {"policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})
            for kind in _ATTACHMENTS
        ),
        Sample(_ATTACHMENT, {"policyArn": "arn:aws:iam::aws:policy/PowerUserAccess"}),
    ),
    check=_managed,
)

NO_INLINE_FULL_ACCESS = Rule(
    id="iam-role-no-fullaccess",
    title="No role is made with one of AWS's policies that allow a whole service.",
    severity="high",
    types=(_ROLE,),
    rationale="a FullAccess policy lets a model that was broken into delete, copy and pay anything",
    fix="a RolePolicy with the actions that are called, on the ARNs that they are about",
    sources=("cloudsplaining", "AWS IAM, 'Grant least privilege'", "CKV2_AWS_68"),
    reads=(Reads("managedPolicyArns[]", "passes"),),
    passes=Sample(
        _ROLE,
        {"managedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]},
    ),
    fails=Sample(_ROLE, {"managedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]}),
    check=_inline,
)

TRUST_NAMED = Rule(
    id="iam-trust-confused-deputy",
    title="A role says who may take it, and for which account.",
    severity="high",
    types=(_ROLE,),
    rationale="a service that acts for anybody can be made to act with your role by a stranger",
    fix='Condition: {"StringEquals": {"aws:SourceAccount": <account>}} in the trust policy',
    sources=("CKV_AWS_60", "CKV_AWS_61", "AWS IAM, 'The confused deputy problem'"),
    reads=(Reads("assumeRolePolicy", "passes"),),
    passes=Sample(
        _ROLE, {"assumeRolePolicy": _trust(_SAGEMAKER, **{"aws:SourceAccount": "123456789012"})}
    ),
    fails=Sample(_ROLE, {"assumeRolePolicy": _trust(_SAGEMAKER)}),
    also_passes=(
        Sample(_ROLE, {"assumeRolePolicy": _trust({"Service": "lambda.amazonaws.com"})}),
        Sample(_ROLE, {"assumeRolePolicy": _trust({"AWS": "arn:aws:iam::123456789012:root"})}),
        Sample(_ROLE, {"assumeRolePolicy": _trust({"AWS": "*"}, **{"sts:ExternalId": "a"})}),
    ),
    also_fails=(
        Sample(_ROLE, {"assumeRolePolicy": _trust({"AWS": "*"})}),
        *(Sample(_ROLE, {"assumeRolePolicy": _trust({"Service": name})}) for name in _DEPUTIES),
    ),
    check=_deputy,
)

MODEL_ROLE_BOUNDED = Rule(
    id="sagemaker-model-role-not-fullaccess",
    title="A SageMaker model's role has no policy that allows a whole service.",
    severity="high",
    types=(_MODEL, _ROLE, _ATTACHMENT),
    rationale="code that came with the model then reads every bucket and starts machines",
    fix="a RolePolicy that reads the model's own bucket, image and logs",
    sources=("AWS Security Hub IAM.1", "CKV2_AWS_68"),
    passes=Sample(
        _MODEL,
        {"executionRoleArn": "arn:aws:iam::1:role/cancer"},
        beside=(
            Sample(_ROLE, {"name": "cancer"}),
            Sample(_ATTACHMENT, {"role": "cancer", "policyArn": "arn:aws:iam::1:policy/Read"}),
        ),
    ),
    fails=Sample(
        _MODEL,
        {"executionRoleArn": "arn:aws:iam::1:role/tumour"},
        beside=(
            Sample(_ROLE, {"name": "tumour"}),
            Sample(
                _ATTACHMENT,
                {
                    "role": "tumour",
                    "policyArn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess",
                },
            ),
        ),
    ),
    also_passes=(
        Sample(
            _MODEL,
            {"executionRoleArn": "arn:aws:iam::1:role/cancer"},
            beside=(
                Sample(_ROLE, {"name": "cancer"}),
                Sample(_ROLE, {"name": "other"}),
                Sample(
                    _ATTACHMENT,
                    {"role": "other", "policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"},
                ),
            ),
        ),
    ),
    stack_check=_model_role,
)

SECURITY = (
    NO_ADMINISTRATOR,
    NO_WHOLE_SERVICE,
    NO_FULL_ACCESS,
    NO_INLINE_FULL_ACCESS,
    TRUST_NAMED,
    MODEL_ROLE_BOUNDED,
)
