"""Texts of azure-native properties."""

from typing import Final

from modelport.offline import marks
from modelport.offline.azure_identity import azure_name, azure_type
from modelport.offline.subject import Subject
from modelport.offline.texts import Detail, Rule, first_match, rule, saying

_HOSTS: Final = {
    "app:ContainerApp": "{name}.{location}.azurecontainerapps.io",
    "app:ManagedEnvironment": "{name}.{location}.azurecontainerapps.io",
    "cognitiveservices:Account": "{name}.cognitiveservices.azure.com",
    "containerregistry:Registry": "{name}.azurecr.io",
    "containerservice:ManagedCluster": "{name}.hcp.{location}.azmk8s.io",
    "keyvault:Vault": "{name}.vault.azure.net",
    "machinelearningservices:OnlineEndpoint": "{name}.{location}.inference.ml.azure.com",
    "search:Service": "{name}.search.windows.net",
    "sql:Server": "{name}.database.windows.net",
    "web:WebApp": "{name}.azurewebsites.net",
}
_STORAGE: Final = ("blob", "dfs", "file", "queue", "table", "web")


def azure_host(subject: Subject) -> str:
    """Host name of a service's instance, as Azure forms it, below the offline domain."""
    _, module, kind = subject.token.split(":")
    pattern = _HOSTS.get(f"{module}:{kind}", "{name}.azure.com")
    name = azure_name(subject).lower()
    return marks.host(pattern.format(name=name, location=subject.place.location.replace(" ", "")))


def _storage(detail: Detail) -> str:
    server = f"{azure_name(detail.subject)}.{detail.name}.core.windows.net"
    return f"https://{marks.host(server)}/"


def _identity(detail: Detail) -> str:
    """The id of an identity, the same however often it is asked for."""
    return marks.guid(detail.subject.about(detail.name.lower()))


_RULES: Final[list[Rule]] = [
    rule("|".join(_STORAGE), _storage),
    rule("name", lambda detail: azure_name(detail.subject)),
    rule("type", lambda detail: azure_type(detail.subject.token)),
    rule("id", lambda detail: detail.resource_id or marks.guid(detail.about)),
    rule("location|primarylocation", lambda detail: detail.subject.place.location),
    rule("secondarylocation", saying("westus")),
    rule("provisioningstate", saying("Succeeded")),
    rule(".*tenantid", lambda detail: detail.subject.place.tenant),
    rule(".*subscription(id)?", lambda detail: detail.subject.place.subscription),
    rule(".*(principalid|clientid|objectid|workspaceid|customerid|immutableid)", _identity),
    rule("azureapiversion", saying("2024-01-01")),
    rule("statusofprimary|statusofsecondary", saying("available")),
    rule("status|state|resourcestate|.*status", saying("Succeeded")),
    rule("createdby|lastmodifiedby", saying("offline")),
    rule("createdbytype|lastmodifiedbytype", saying("Application")),
    rule(
        "loginserver|defaultdomain|.*fqdn|defaulthostname|.*hostname",
        lambda detail: azure_host(detail.subject),
    ),
    rule(".*(uri|url|endpoint)", lambda detail: f"https://{azure_host(detail.subject)}/"),
    rule("latest(ready)?revisionname", lambda detail: f"{azure_name(detail.subject)}--0ff11e0"),
    rule("latestrevisionfqdn", lambda detail: azure_host(detail.subject)),
    rule("etag", lambda detail: f'"{marks.hex_id(detail.about, 16)}"'),
]


def azure_text(detail: Detail) -> str | None:
    """What the name says in azure-native; none when it is like anywhere."""
    if detail.nested and detail.name in ("name", "id", "type", "state"):
        return None
    if detail.name in _STORAGE and not detail.nested:
        return None
    return first_match(_RULES, detail)
