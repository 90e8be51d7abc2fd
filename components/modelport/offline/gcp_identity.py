"""Ids and links of gcp resources, as its provider gives them."""

import re
from typing import Final

from modelport.offline import marks
from modelport.offline.import_examples import import_examples
from modelport.offline.place import text
from modelport.offline.subject import Subject, camel, snake

_FORMATS: Final = {
    "cloudrun/service:Service": "locations/{{location}}/namespaces/{{project}}/services/{{name}}",
    "projects/iAMCustomRole:IAMCustomRole": "projects/{{project}}/roles/{{role_id}}",
    "projects/service:Service": "{{project}}/{{service}}",
    "secretmanager/secretVersion:SecretVersion": "{{secret}}/versions/1",
    "serviceaccount/account:Account": "projects/{{project}}/serviceAccounts/{{email}}",
    "storage/bucket:Bucket": "{{name}}",
    "storage/bucketObject:BucketObject": "{{bucket}}-{{name}}",
}
_FIELD: Final = re.compile(r"\{\{%?([a-z_0-9]+)\}\}")


def gcp_id(subject: Subject) -> str:
    """The id of a new resource: the longest path that the documentation shows, filled in."""
    template = path_template(subject.token)
    if re.search(r"Iam(Member|Binding|Policy)$|IAM(Member|Binding|Policy)$", subject.kind):
        return _grant_id(subject, template)
    if template is None:
        place = subject.place
        kind = snake(subject.kind).replace("_", "")
        return f"projects/{place.project}/locations/{place.location}/{kind}s/{subject.name}"
    return fill(template, subject)


def path_template(token: str) -> str | None:
    """The id of a type with parameters in double braces; none when it is not documented."""
    known = _FORMATS.get(token.removeprefix("gcp:"))
    if known:
        return known
    examples = [example for example in import_examples(token) if _FIELD.search(example)]
    return max(examples, key=lambda example: example.count("/"), default=None)


def fill(template: str, subject: Subject) -> str:
    """The template with the resource's own values."""
    return _FIELD.sub(lambda match: _value(match.group(1), subject), template)


def self_link(subject: Subject) -> str:
    """Address of a resource in its API; of a host that cannot exist."""
    api = {"compute": "compute/v1", "storage": "storage/v1"}.get(
        subject.module, f"{subject.module}/v1"
    )
    path = gcp_id(subject)
    if subject.module == "storage" and subject.kind == "Bucket":
        path = f"b/{path}"
    return f"https://{marks.host('www.googleapis.com')}/{api}/{path}"


def email_of(subject: Subject) -> str:
    """Address of a service account."""
    account = text(subject.inputs, "accountId") or subject.name
    if "@" in account:
        return account
    return f"{account}@{marks.host(f'{subject.place.project}.iam.gserviceaccount.com')}"


def project_number() -> str:
    """Number of every project."""
    return marks.AWS_ACCOUNT


def _grant_id(subject: Subject, template: str | None) -> str:
    above = fill(template, subject) if template else _parent(subject)
    role, member = text(subject.inputs, "role"), text(subject.inputs, "member")
    return "/".join(part for part in (above.split(" ")[0], role, member) if part)


def _parent(subject: Subject) -> str:
    keys = ("name", "service", "repository", "bucket", "secretId", "serviceAccountId", "folder")
    return text(subject.inputs, *keys, "organization") or subject.place.project


def _value(field: str, subject: Subject) -> str:
    place = subject.place
    given = text(subject.inputs, camel(field), f"{camel(field)}Id", f"{camel(field)}Name")
    usual = {
        "email": email_of(subject),
        "project": place.project,
        "location": place.location,
        "region": place.region,
        "zone": place.zone,
    }
    if field in usual:
        return usual[field]
    # A reference to another resource is often its whole path; the template has its own.
    return given.rsplit("/", 1)[-1] if given else subject.name
