"""Texts of gcp properties."""

from typing import Final

from modelport.offline import marks
from modelport.offline.gcp_identity import email_of, project_number, self_link
from modelport.offline.place import text
from modelport.offline.texts import Detail, Rule, first_match, host_name, rule, saying


def _name(detail: Detail) -> str:
    """Many APIs call the whole path of a resource its name."""
    subject = detail.subject
    given = text(subject.inputs, "name")
    return given or detail.resource_id or subject.name


def _run_url(detail: Detail) -> str:
    """Addresses of Cloud Run: service, project number and region."""
    subject = detail.subject
    if subject.module in ("cloudrun", "cloudrunv2", "cloudfunctionsv2"):
        label = f"{subject.name}-{project_number()}.{subject.place.location}"
        return f"https://{marks.host(f'{label}.run.app')}"
    if subject.kind == "Bucket":
        return f"gs://{subject.name}"
    return f"https://{host_name(detail)}"


def _registry_url(detail: Detail) -> str:
    subject = detail.subject
    server = marks.host(f"{subject.place.location}-docker.pkg.dev")
    return f"{server}/{subject.place.project}/{text(subject.inputs, 'repositoryId')}"


def _digits(detail: Detail) -> str:
    """Digits as numbered ids have them, beginning with the number of every project."""
    return f"{project_number()}{marks.number(detail.about, 10**8, 10**9 - 1)}"


_RULES: Final[list[Rule]] = [
    rule("selflink|uri", lambda detail: _link(detail)),
    rule("project(id)?", lambda detail: detail.subject.place.project),
    rule("region", lambda detail: detail.subject.place.region),
    rule("zone", lambda detail: detail.subject.place.zone),
    rule("location", lambda detail: detail.subject.place.location),
    rule("email|serviceaccountemail", lambda detail: email_of(detail.subject)),
    rule("member", lambda detail: f"serviceAccount:{email_of(detail.subject)}"),
    rule("uniqueid|numericid|.*oauth2clientid|generatedid|networkid|instanceid", _digits),
    rule("projectnumber|number", saying(project_number())),
    rule("registryuri", _registry_url),
    rule("url|serviceurl", _run_url),
    rule("name", _name),
    rule("id", lambda detail: detail.resource_id or marks.hex_id(detail.about)),
    rule("(latest(ready|created))?revision", lambda detail: f"{detail.resource_id}-00001-off"),
    rule("latest(ready|created)revisionname", lambda detail: f"{detail.subject.name}-00001-off"),
    rule("deletionpolicy", saying("DELETE")),
    rule("(delete|expire|destroy|deletion|expiration)time", saying("")),
    rule("(observed)?generation", saying("1")),
    rule("launchstage", saying("GA")),
    rule("gatewayipv4|gatewayaddress", saying("10.128.0.1")),
]


def _link(detail: Detail) -> str:
    if detail.name == "uri" and detail.subject.module != "compute":
        return _run_url(detail)
    return self_link(detail.subject)


def gcp_text(detail: Detail) -> str | None:
    """What the name says in gcp; none when it is like anywhere."""
    if detail.nested and detail.name in ("name", "id", "url", "uri"):
        return None
    return first_match(_RULES, detail)
