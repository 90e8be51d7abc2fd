"""Identity: what somebody or something may do after the change that it might not before."""

from collections.abc import Callable, Iterator, Mapping

from modelport.report.changes import kind_of
from modelport.report.iam_document import allowed_statements, is_everyone, too_wide
from modelport.report.recording import Step
from modelport.report.risk import Risk, Steps, risk
from modelport.report.values import UNKNOWN, Json, entries, items, read, texts
from modelport.report.words import base_type, quote, type_words

_AZURE_ROLES = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
"""learn.microsoft.com/azure/role-based-access-control/built-in-roles"""
_GOOGLE_ROLES = {
    "roles/owner",
    "roles/editor",
    "roles/iam.securityAdmin",
    "roles/iam.serviceAccountTokenCreator",
    "roles/iam.serviceAccountUser",
    "roles/resourcemanager.projectIamAdmin",
}
_AWS_POLICIES = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "FullAccess")
_CLUSTER_ROLES = {"cluster-admin", "admin"}

Finder = Callable[[Json], Iterator[str | None]]
"""Gives what is wide, in words; none for what cannot be judged yet."""


def identity_risks(step: Step, steps: Steps) -> Iterator[Risk]:
    """Rights that the change adds and that are wide."""
    del steps
    if kind_of(step) not in {"create", "update", "replace", "import"}:
        return
    before, after = set(_wide(step.type, step.old)), set(_wide(step.type, step.new))
    for says in sorted(found for found in after - before if found):
        yield risk(
            step, "high", "identity", f"({type_words(step.type)}) {says}",
            why="whoever gets hold of it can do more than serving a model needs",
            check="which rights are really needed, and name those",
        )  # fmt: skip
    if None in after - before:
        yield risk(
            step, "medium", "identity",
            f"({type_words(step.type)}): which rights it gives could not be judged before the "
            "update, for they are not known yet",
            why="they may be wider than needed",
            check="what the value will be",
            judged=False,
        )  # fmt: skip


def _wide(type_token: str, inputs: Json) -> Iterator[str | None]:
    if not entries(inputs):
        return
    token = base_type(type_token)
    if token.startswith("aws:iam/"):
        yield from _aws(inputs)
    elif token.startswith("gcp:"):
        yield from _google(inputs)
    elif token in _FINDERS:
        yield from _FINDERS[token](inputs)


def _aws(inputs: Json) -> Iterator[str | None]:
    inline = [read(item, "policy") for item in items(read(inputs, "inlinePolicies"))]
    for document in (read(inputs, "policy"), *inline):
        if document is UNKNOWN:
            yield None
        for statement in allowed_statements(document):
            yield from filter(None, [too_wide(statement)])
    for statement in allowed_statements(read(inputs, "assumeRolePolicy")):
        if is_everyone(statement) and not statement.get("Condition"):
            yield "can be taken on by everyone (`Principal *`)"
    attached = texts(read(inputs, "managedPolicyArns")) | texts(read(inputs, "policyArn"))
    for arn in attached:
        name = arn.rsplit("/", 1)[-1]
        if name.endswith(_AWS_POLICIES):
            yield f"gets the policy {quote(name)}"


def _google(inputs: Json) -> Iterator[str | None]:
    role = read(inputs, "role")
    if role is UNKNOWN:
        yield None
    if isinstance(role, str) and (role in _GOOGLE_ROLES or role.lower().endswith("admin")):
        yield f"gives the role {quote(role)}"


def _azure_assignment(inputs: Json) -> Iterator[str | None]:
    role = read(inputs, "roleDefinitionId")
    if role is UNKNOWN:
        yield None
    if isinstance(role, str):
        name = _AZURE_ROLES.get(role.rsplit("/", 1)[-1].lower())
        if name:
            yield f"gives the role {name}"


def _azure_definition(inputs: Json) -> Iterator[str | None]:
    for permission in items(read(inputs, "permissions")):
        if "*" in texts(read(permission, "actions")):
            yield "defines a role that allows every action"


def _binding(inputs: Json) -> Iterator[str | None]:
    name = read(inputs, "roleRef.name")
    if name is UNKNOWN:
        yield None
    if name in _CLUSTER_ROLES:
        yield f"gives the role {name}"


def _role(inputs: Json) -> Iterator[str | None]:
    for rule in items(read(inputs, "rules")):
        verbs, resources = texts(read(rule, "verbs")), texts(read(rule, "resources"))
        if "*" in verbs:
            yield "allows every action" + (" on everything" if "*" in resources else "")
        if "secrets" in resources and verbs & {"get", "list", "watch"}:
            yield "can read secrets"
        if verbs & {"escalate", "bind", "impersonate"}:
            yield "can give itself more rights (escalate, bind or impersonate)"


_RBAC = "kubernetes:rbac.authorization.k8s.io/v1"
_FINDERS: Mapping[str, Finder] = {
    "azure-native:authorization:RoleAssignment": _azure_assignment,
    "azure-native:authorization:RoleDefinition": _azure_definition,
    f"{_RBAC}:ClusterRoleBinding": _binding,
    f"{_RBAC}:RoleBinding": _binding,
    f"{_RBAC}:ClusterRole": _role,
    f"{_RBAC}:Role": _role,
}
