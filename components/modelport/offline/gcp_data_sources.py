"""Data sources of gcp: answers that follow from its provider's config and the arguments."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Final

from modelport.offline import marks
from modelport.offline.gcp_identity import email_of, project_number, self_link
from modelport.offline.place import entries, items, text
from modelport.offline.subject import Subject
from modelport.provider.wire import Json

Answer = dict[str, Json]
_REGIONS: Final = (
    "asia-east1",
    "asia-northeast1",
    "europe-west1",
    "europe-west4",
    "us-central1",
    "us-east1",
    "us-west1",
)
"""Some of the regions that every project has."""


def gcp_answer(subject: Subject) -> Answer:
    """What is known of an answer; the rest follows from names and types."""
    say = _TABLE.get(f"{subject.module}:{subject.kind}")
    return say(subject) if say else {}


def _client(subject: Subject) -> Answer:
    place = subject.place
    path = f"projects/{place.project}/regions/{place.region}/zones/{place.zone}"
    return {
        "accessToken": "offline",
        "defaultLabels": entries(place.config.get("defaultLabels")),
        "id": path,
        "project": place.project,
        "region": place.region,
        "zone": place.zone,
    }


def _project(subject: Subject) -> Answer:
    name = text(subject.inputs, "projectId") or subject.place.project
    return {
        "billingAccount": "",
        "folderId": "",
        "id": f"projects/{name}",
        "name": name,
        "number": project_number(),
        "orgId": "",
        "projectId": name,
    }


def _zones(subject: Subject) -> Answer:
    place = subject.place
    return {
        "id": f"projects/{place.project}/regions/{place.region}",
        "names": [f"{place.region}-{letter}" for letter in "abc"],
    }


def _regions(subject: Subject) -> Answer:
    return {"id": f"projects/{subject.place.project}", "names": list(_REGIONS)}


def _network(subject: Subject) -> Answer:
    return {"selfLink": self_link(subject), "subnetworksSelfLinks": []}


def _subnetwork(subject: Subject) -> Answer:
    place = subject.place
    network = f"projects/{place.project}/global/networks/default"
    host = marks.host("www.googleapis.com")
    return {
        "gatewayAddress": "10.128.0.1",
        "ipCidrRange": "10.128.0.0/20",
        "network": f"https://{host}/compute/v1/{network}",
        "privateIpGoogleAccess": True,
        "secondaryIpRanges": [],
        "selfLink": self_link(subject),
        "stackType": "IPV4_ONLY",
    }


def _image(subject: Subject) -> Answer:
    family = text(subject.inputs, "family")
    name = text(subject.inputs, "name") or f"{family or 'offline'}-v20240101"
    path = f"projects/{subject.place.project}/global/images/{name}"
    return {
        "diskSizeGb": 10,
        "family": family,
        "id": path,
        "imageId": f"{project_number()}1",
        "name": name,
        "selfLink": f"https://{marks.host('www.googleapis.com')}/compute/v1/{path}",
        "status": "READY",
    }


def _repository(subject: Subject) -> Answer:
    place, name = subject.place, text(subject.inputs, "repositoryId")
    server = marks.host(f"{place.location}-docker.pkg.dev")
    return {
        "format": "DOCKER",
        "mode": "STANDARD_REPOSITORY",
        "name": name,
        "registryUri": f"{server}/{place.project}/{name}",
    }


def _account(subject: Subject) -> Answer:
    return _account_named(subject, email_of(subject))


def _default_account(subject: Subject) -> Answer:
    domain = marks.host("developer.gserviceaccount.com")
    return _account_named(subject, f"{project_number()}-compute@{domain}")


def _account_named(subject: Subject, email: str) -> Answer:
    name = f"projects/{subject.place.project}/serviceAccounts/{email}"
    return {
        "email": email,
        "id": name,
        "member": f"serviceAccount:{email}",
        "name": name,
        "uniqueId": f"{project_number()}{marks.number(email, 10**8, 10**9 - 1)}",
    }


def _storage_account(subject: Subject) -> Answer:
    domain = marks.host("gs-project-accounts.iam.gserviceaccount.com")
    email = f"service-{project_number()}@{domain}"
    return {"emailAddress": email, "id": email, "member": f"serviceAccount:{email}"}


def _secret_version(subject: Subject) -> Answer:
    version = text(subject.inputs, "version") or "1"
    secret = text(subject.inputs, "secret").rsplit("/", 1)[-1]
    name = f"projects/{project_number()}/secrets/{secret}/versions/{version}"
    encoded = subject.inputs.get("isSecretDataBase64") is True
    data = base64.b64encode(b"offline").decode() if encoded else "offline"
    return {"enabled": True, "id": name, "name": name, "secretData": data, "version": version}


def _policy(subject: Subject) -> Answer:
    """The policy as text, computed as the provider does: from the arguments alone."""
    bindings: list[Json] = []
    for item in items(subject.inputs.get("bindings")):
        given = entries(item)
        binding: dict[str, Json] = {
            "members": sorted(str(member) for member in items(given.get("members"))),
            "role": text(given, "role"),
        }
        if given.get("condition") is not None:
            binding["condition"] = given["condition"]
        bindings.append(dict(sorted(binding.items())))
    bindings.sort(key=lambda binding: text(entries(binding), "role"))
    policy: dict[str, Json] = {"bindings": bindings} if bindings else {}
    data = json.dumps(policy, separators=(",", ":"))
    return {"id": marks.digest(data, 10), "policyData": data}


_TABLE: Final[Mapping[str, Callable[[Subject], Answer]]] = {
    "artifactregistry:Repository": _repository,
    "compute:DefaultServiceAccount": _default_account,
    "compute:Image": _image,
    "compute:Network": _network,
    "compute:Regions": _regions,
    "compute:Subnetwork": _subnetwork,
    "compute:Zones": _zones,
    "organizations:ClientConfig": _client,
    "organizations:IAMPolicy": _policy,
    "organizations:Project": _project,
    "secretmanager:SecretVersion": _secret_version,
    "serviceaccount:Account": _account,
    "storage:ProjectServiceAccount": _storage_account,
}
"""By module and kind of what is asked for."""
