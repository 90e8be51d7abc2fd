"""Data sources of azure-native: answers that follow from config and arguments."""

import base64
from collections.abc import Callable, Mapping
from typing import Final

import yaml

from modelport.offline import marks
from modelport.offline.place import text
from modelport.offline.subject import Subject
from modelport.provider.wire import Json

Answer = dict[str, Json]


def azure_answer(subject: Subject) -> Answer:
    """What is known of an answer; the rest follows from names and types."""
    say = _TABLE.get(f"{subject.module}:{subject.kind}")
    return say(subject) if say else {}


def _client(subject: Subject) -> Answer:
    place = subject.place
    return {
        "clientId": text(place.config, "clientId") or marks.guid("client"),
        "objectId": marks.guid("object"),
        "subscriptionId": place.subscription,
        "tenantId": place.tenant,
    }


def _storage_keys(subject: Subject) -> Answer:
    return {
        "keys": [
            {
                "creationTime": marks.TIME,
                "keyName": name,
                "permissions": "FULL",
                "value": base64.b64encode(f"offline {subject.about(name)}".encode()).decode(),
            }
            for name in ("key1", "key2")
        ]
    }


def _registry_credentials(subject: Subject) -> Answer:
    return {
        "passwords": [
            {"name": name, "value": f"offline-{marks.hex_id(subject.about(name), 32)}"}
            for name in ("password", "password2")
        ],
        "username": text(subject.inputs, "registryName"),
    }


def _cluster_credentials(subject: Subject) -> Answer:
    name = text(subject.inputs, "resourceName")
    server = marks.host(f"{name}.hcp.azmk8s.io".lower())
    config: Json = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": f"https://{server}:443"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "offline"}}],
        "current-context": name,
        "users": [{"name": "offline", "user": {"token": "offline"}}],
    }
    value = base64.b64encode(yaml.safe_dump(config).encode()).decode()
    return {"kubeconfigs": [{"name": "clusterUser", "value": value}]}


def _token(subject: Subject) -> Answer:
    del subject
    return {"token": "offline"}


_TABLE: Final[Mapping[str, Callable[[Subject], Answer]]] = {
    "authorization:ClientConfig": _client,
    "authorization:ClientToken": _token,
    "containerregistry:RegistryCredentials": _registry_credentials,
    "containerservice:ManagedClusterAdminCredentials": _cluster_credentials,
    "containerservice:ManagedClusterUserCredentials": _cluster_credentials,
    "storage:StorageAccountKeys": _storage_keys,
}
"""By module and kind of what is asked for."""
