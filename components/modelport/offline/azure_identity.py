"""Ids of azure-native resources, as Azure Resource Manager gives them.

`azure_paths.tsv` has the path of most types, written by `scripts/azure_paths.py` from Azure's own
index of resource types; the others get one from their module and class.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from modelport.offline import marks
from modelport.offline.place import text
from modelport.offline.subject import Subject

_FIELD: Final = re.compile(r"\{(\w+)\}")
_NAMESPACES: Final = {
    "aadiam": "microsoft.aadiam",
    "agricultureplatform": "Microsoft.AgriculturePlatform",
    "analysisservices": "Microsoft.AnalysisServices",
    "applink": "Microsoft.AppLink",
    "awsconnector": "Microsoft.AwsConnector",
    "azureresiliencemanagement": "Microsoft.AzureResilienceManagement",
    "billingbenefits": "Microsoft.BillingBenefits",
    "billingtrust": "Microsoft.BillingTrust",
    "cloudhealth": "Microsoft.CloudHealth",
    "cloudngfw": "PaloAltoNetworks.Cloudngfw",
    "computebulkactions": "Microsoft.ComputeBulkActions",
    "computelimit": "Microsoft.ComputeLimit",
    "computeschedule": "Microsoft.ComputeSchedule",
    "connectedcache": "Microsoft.ConnectedCache",
    "cosmosdb": "Microsoft.DocumentDB",
    "databasefleetmanager": "Microsoft.DatabaseFleetManager",
    "dependencymap": "Microsoft.DependencyMap",
    "dns": "Microsoft.Network",
    "durabletask": "Microsoft.DurableTask",
    "dynamics365fraudprotection": "Microsoft.Dynamics365FraudProtection",
    "enterpriseknowledgegraph": "Microsoft.EnterpriseKnowledgeGraph",
    "fileshares": "Microsoft.FileShares",
    "fluidrelay": "Microsoft.FluidRelay",
    "frontdoor": "Microsoft.Network",
    "guestconfiguration": "Microsoft.GuestConfiguration",
    "healthbot": "Microsoft.HealthBot",
    "horizondb": "Microsoft.HorizonDb",
    "iothub": "Microsoft.Devices",
    "managedops": "Microsoft.ManagedOps",
    "manufacturingplatform": "Microsoft.ManufacturingPlatform",
    "monitor": "Microsoft.Insights",
    "mysqldiscovery": "Microsoft.MySQLDiscovery",
    "onlineexperimentation": "Microsoft.OnlineExperimentation",
    "policyinsights": "Microsoft.PolicyInsights",
    "privatedns": "Microsoft.Network",
    "professionalservice": "Microsoft.ProfessionalService",
    "programenrollment": "Microsoft.ProgramEnrollment",
    "programmableconnectivity": "Microsoft.ProgrammableConnectivity",
    "redis": "Microsoft.Cache",
    "redisenterprise": "Microsoft.Cache",
    "resourcegraph": "Microsoft.ResourceGraph",
    "saas": "Microsoft.SaaS",
    "secretsynccontroller": "Microsoft.SecretSyncController",
    "serialconsole": "Microsoft.SerialConsole",
    "storagediscovery": "Microsoft.StorageDiscovery",
    "trafficmanager": "Microsoft.Network",
    "weightsandbiases": "Microsoft.WeightsAndBiases",
    "windowsiot": "Microsoft.WindowsIoT",
}
"""Modules without any listed type that are not called like their namespace."""


def azure_id(subject: Subject) -> str:
    """The id of a new resource."""
    own = azure_name(subject)
    if subject.kind == "ResourceGroup" and subject.module == "resources":
        return f"/subscriptions/{subject.place.subscription}/resourceGroups/{own}"
    path = _path(subject.token)
    filled = _FIELD.sub(lambda match: _value(match.group(1), subject), path)
    return f"{_scope(subject)}/providers/{filled}"


def azure_type(token: str) -> str:
    """Type in Resource Manager, e.g. `Microsoft.Web/sites`."""
    namespace, *segments = _path(token).split("/")
    return "/".join([namespace, *segments[::2]])


def azure_name(subject: Subject) -> str:
    """The resource's own name: the last parameter of its path."""
    if subject.kind == "ResourceGroup":
        return text(subject.inputs, "resourceGroupName") or subject.urn_name
    fields = _FIELD.findall(_path(subject.token))
    return text(subject.inputs, *fields[-1:]) or subject.name


def parameters_of(token: str, resource_id: str) -> dict[str, str]:
    """What a resource's id says of its inputs."""
    found = dict(re.findall(r"/(subscriptions|resourceGroups)/([^/]+)", resource_id))
    result = {"resourceGroupName": found["resourceGroups"]} if "resourceGroups" in found else {}
    scope, _, below = resource_id.rpartition("/providers/")
    if scope:
        result["scope"] = scope
    names, values = _path(token).split("/")[2::2], below.split("/")[2::2]
    for field, value in zip(names, values, strict=False):
        if match := _FIELD.fullmatch(field):
            result[match.group(1)] = value
    return result


@cache
def _paths() -> Mapping[str, str]:
    lines = files("modelport.offline").joinpath("azure_paths.tsv").read_text().splitlines()
    return dict(line.split("\t") for line in lines)


@cache
def _namespace(module: str) -> str:
    """Namespace of a module's listed types; else the module's own name."""
    for known, path in _paths().items():
        if known.startswith(f"{module}:"):
            return path.partition("/")[0]
    return _NAMESPACES.get(module, f"Microsoft.{module[:1].upper()}{module[1:]}")


def _path(token: str) -> str:
    _, module, kind = token.split(":")
    module = re.sub(r"/?v\d{8}\w*$", "", module)
    known = _paths().get(f"{module}:{kind}")
    if known:
        return known
    collection = f"{kind[:1].lower()}{kind[1:]}"
    plural = f"{collection[:-1]}ies" if collection.endswith("y") else f"{collection}s"
    return f"{_namespace(module)}/{plural}/{{{collection}Name}}"


def _scope(subject: Subject) -> str:
    inputs = subject.inputs
    scope = text(inputs, "scope", "resourceUri", "resourceId")
    if scope.startswith("/"):
        return scope.rstrip("/")
    subscription = f"/subscriptions/{subject.place.subscription}"
    group = text(inputs, "resourceGroupName")
    return f"{subscription}/resourceGroups/{group}" if group else subscription


def _value(field: str, subject: Subject) -> str:
    given = text(subject.inputs, field)
    if given:
        return given.rsplit("/", 1)[-1]
    if field.endswith("Id") or field in ("roleAssignmentName", "principalId"):
        return marks.guid(subject.about("id"))
    return subject.name
