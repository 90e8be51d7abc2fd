"""Problems: what a Kubernetes API refused, in one sentence with the next step."""

import re
from dataclasses import dataclass

from modelport.cluster.objects import Object, at, entries, number, text
from modelport.errors import ModelportError

_FORBIDDEN = re.compile(
    r'User "(?P<user>[^"]+)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)" in API group '
    r'"(?P<group>[^"]*)"(?: in the namespace "(?P<namespace>[^"]+)")?'
)
_QUOTA = re.compile(
    r"exceeded quota: (?P<quota>[^,]+), requested: (?P<requested>.+), used: (?P<used>.+), "
    r"limited: (?P<limited>.+)$"
)
_CONFLICT = re.compile(r'conflict with "(?P<manager>[^"]+)"(?: with subresource "[^"]+")?')
_UNKNOWN_FIELD = re.compile(r"\.(?P<field>[^\s:]+): field not declared in schema")
_DENIED = re.compile(
    r"""admission webhook "(?P<name>[^"]+)" denied the request:?\s*(?P<reason>.*)""", re.DOTALL
)


class ClusterError(ModelportError):
    """A Kubernetes cluster refused something, or something did not become ready in it."""


class Unreachable(ClusterError):  # noqa: N818 - a state of the network, not of the request
    """No answer came from the cluster, or none is configured."""


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked of the API."""

    verb: str
    """As roles have it: get, patch, delete, list."""
    target: str
    """What it was about, e.g. `apps/v1 Deployment shop/web`."""


class Refused(ClusterError):  # noqa: N818 - the server's decision
    """The API answered with an error; its text is one sentence for the user."""

    def __init__(self, call: Call, code: int, status: Object) -> None:
        self.code = code
        """HTTP status code."""
        self.status = status
        """The API's `Status` object; empty when it sent none."""
        super().__init__(explain(call, code, status))

    @property
    def reason(self) -> str:
        """The API's word for it, e.g. `NotFound`."""
        return text(self.status, "reason")

    @property
    def is_missing(self) -> bool:
        """Whether the object itself is not there (its namespace may be missing as well)."""
        return self.code == 404

    @property
    def conflicts(self) -> dict[str, list[str]]:
        """Fields that others manage, by manager; empty when it is no conflict of managers."""
        return conflicts(entries(self.status, "details", "causes"))

    @property
    def lacks_permission(self) -> bool:
        """Whether roles do not allow it; quotas and admission also answer 403."""
        return _FORBIDDEN.search(text(self.status, "message")) is not None

    @property
    def missing_namespace(self) -> str:
        """The namespace that is not there; empty when something else is missing."""
        if text(self.status, "details", "kind") == "namespaces":
            return text(self.status, "details", "name")
        return ""

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed in a moment."""
        message = text(self.status, "message")
        if self.code in (429, 502, 503, 504) or (self.code == 500 and "etcdserver" in message):
            return True
        # A namespace gets its account from a controller, shortly after it was made.
        return self.code == 403 and 'serviceaccount "default" not found' in message


def explain(call: Call, code: int, status: Object) -> str:
    """The sentence for an error answer."""
    message = text(status, "message")
    causes = entries(status, "details", "causes")
    if forbidden := _FORBIDDEN.search(message):
        return f"{call.target}: {_forbidden(forbidden)}"
    if quota := _QUOTA.search(message):
        return f"{call.target}: {_quota(quota)}"
    if unknown := _UNKNOWN_FIELD.findall(message):
        return (
            f"{call.target}: {', '.join(unknown)}: the Kubernetes of this cluster has no such "
            "field; correct its name, or upgrade the cluster"
        )
    if denied := _DENIED.search(message):
        return (
            f"{call.target}: admission webhook {denied['name']!r} denied it: "
            f"{_plain(denied['reason']) or 'without a reason'}"
        )
    if fields := conflicts(causes):
        return f"{call.target}: {_conflict(fields)}"
    if text(status, "reason") == "Invalid" and causes:
        return f"{call.target}: {_invalid(causes)}"
    if text(status, "details", "kind") == "namespaces" and code == 404:
        name = text(status, "details", "name")
        return (
            f"{call.target}: there is no namespace {name!r}; create it first, or let this resource "
            "depend on it"
        )
    if code == 401:
        return f"{call.target}: the cluster does not accept these credentials; renew the kubeconfig"
    return f"{call.target}: the cluster refused to {call.verb} it: {_plain(message) or code}"


def _forbidden(found: re.Match[str]) -> str:
    resource = f"{found['resource']}.{found['group']}" if found["group"] else found["resource"]
    where = f"in namespace {found['namespace']!r}" if found["namespace"] else "in the whole cluster"
    return (
        f"user {found['user']!r} may not {found['verb']} {resource} {where}; "
        "ask for a role with that verb, or choose another context"
    )


def _quota(found: re.Match[str]) -> str:
    return (
        f"quota {found['quota']!r} of its namespace is exceeded: requested {found['requested']}, "
        f"used {found['used']} of {found['limited']}; ask for less, or raise the quota"
    )


def conflicts(causes: list[Object]) -> dict[str, list[str]]:
    """Paths of fields by the manager that has them, from the causes of a refusal."""
    fields: dict[str, list[str]] = {}
    for cause in causes:
        if cause.get("reason") == "FieldManagerConflict":
            named = _CONFLICT.search(text(cause, "message"))
            manager = named["manager"] if named else "another manager"
            fields.setdefault(manager, []).append(text(cause, "field").removeprefix("."))
    return fields


def _conflict(fields: dict[str, list[str]]) -> str:
    listed = "; ".join(f"{', '.join(paths)} by {manager!r}" for manager, paths in fields.items())
    return (
        f"fields are managed by others: {listed}; leave them out of the program, refresh to see "
        "what was changed, or take them over with the annotation "
        'pulumi.com/patchForce: "true"'
    )


def _invalid(causes: list[Object]) -> str:
    seen: dict[str, None] = {}
    for cause in causes:
        field = text(cause, "field") or "object"
        seen[f"{field}: {_plain(text(cause, 'message'))}"] = None
    return "; ".join(seen)


def _plain(message: str) -> str:
    return " ".join(message.split()).rstrip(".")


def retry_after(status: Object) -> float:
    """Seconds that the API asks to wait before the next try."""
    return float(number(status, "details", "retryAfterSeconds", default=1))


def status_of(body: object) -> Object:
    """The `Status` object in an error answer; empty when it is something else."""
    return body if isinstance(body, dict) and at(body, "kind") == "Status" else {}  # pyright: ignore[reportUnknownVariableType]
