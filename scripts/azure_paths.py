"""Renew `components/modelport/offline/azure_paths.tsv`: the path of every azure-native type.

The SDK names the parameters of a resource's path, but neither their order nor the provider's
namespace; Azure's index of resource types has both. Given such an index
(`internal/azure/generated/index.json` of the Go module github.com/Azure/terraform-provider-azapi),
every type of the SDK is matched with the resource type that has its name and its parameters.

    go mod download -json github.com/Azure/terraform-provider-azapi@v1.15.0
    .venv/bin/python scripts/azure_paths.py …/internal/azure/generated/index.json
"""

import difflib
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from modelport.sdk import UnknownTokenError, function, resource, tokens

TABLE = Path(__file__).parents[1] / "components/modelport/offline/azure_paths.tsv"
NAMESPACES = {
    "aadiam": "microsoft.aadiam",
    "applicationinsights": "Microsoft.Insights",
    "cloudngfw": "PaloAltoNetworks.Cloudngfw",
    "confluent": "Microsoft.Confluent",
    "cosmosdb": "Microsoft.DocumentDB",
    "deviceprovisioningservices": "Microsoft.Devices",
    "dns": "Microsoft.Network",
    "dnsresolver": "Microsoft.Network",
    "frontdoor": "Microsoft.Network",
    "iothub": "Microsoft.Devices",
    "mongocluster": "Microsoft.DocumentDB",
    "monitor": "Microsoft.Insights",
    "privatedns": "Microsoft.Network",
    "redis": "Microsoft.Cache",
    "redisenterprise": "Microsoft.Cache",
    "trafficmanager": "Microsoft.Network",
    "webpubsub": "Microsoft.SignalRService",
}
"""Modules that are not called like their namespace."""
TYPES = {
    "app:ConnectedEnvironmentsDaprComponent": "Microsoft.App/connectedEnvironments/daprComponents",
    "machinelearningservices:Compute": "Microsoft.MachineLearningServices/workspaces/computes",
    "network:NetworkInterface": "Microsoft.Network/networkInterfaces",
    "network:PublicIPAddress": "Microsoft.Network/publicIPAddresses",
    "operationalinsights:Workspace": "Microsoft.OperationalInsights/workspaces",
    "storage:StorageAccount": "Microsoft.Storage/storageAccounts",
    "storage:FileShare": "Microsoft.Storage/storageAccounts/fileServices/shares",
    "storage:Table": "Microsoft.Storage/storageAccounts/tableServices/tables",
    "storage:Queue": "Microsoft.Storage/storageAccounts/queueServices/queues",
    "storage:BlobContainer": "Microsoft.Storage/storageAccounts/blobServices/containers",
    "web:AppServicePlan": "Microsoft.Web/serverfarms",
    "web:AppServiceEnvironment": "Microsoft.Web/hostingEnvironments",
    "web:StaticSite": "Microsoft.Web/staticSites",
    "web:WebApp": "Microsoft.Web/sites",
    "web:WebAppSlot": "Microsoft.Web/sites/slots",
    "web:WebAppFunction": "Microsoft.Web/sites/functions",
    "authorization:RoleAssignment": "Microsoft.Authorization/roleAssignments",
    "cdn:AFDCustomDomain": "Microsoft.Cdn/profiles/customDomains",
    "cdn:AFDEndpoint": "Microsoft.Cdn/profiles/afdEndpoints",
    "cdn:AFDOrigin": "Microsoft.Cdn/profiles/originGroups/origins",
    "cdn:AFDOriginGroup": "Microsoft.Cdn/profiles/originGroups",
}
"""Types whose name alone does not tell."""
UNNAMED = re.compile(r"(\w+)/default/")
TOP = {"scope", "subscriptionId", "resourceGroupName", "resourceUri", "managementGroupId"}


def singular(segment: str) -> str:
    """One of a collection, in lower case: `privateEndpoints` to `privateendpoint`."""
    word = segment.lower()
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word.removesuffix("s") if not word.endswith("ss") else word


def parameters(token: str) -> list[str]:
    """What names the resource and those above it, without resource group and subscription."""
    _, module, name = token.split(":")
    try:
        found = list(function(f"azure-native:{module}:get{name}").inputs)
    except UnknownTokenError:
        outputs = resource(token).outputs
        found = [key for key in resource(token).inputs if key.endswith("Name")]
        found = [key for key in found if key not in outputs]
    inputs = resource(token).inputs
    return [key for key in found if key in inputs and key not in TOP]


def likeness(name: str, type_: str) -> float:
    """How well the class fits the last collections of a resource type, from 0 to 1."""
    segments = [singular(segment) for segment in type_.split("/")[1:]]
    tails = ["".join(segments[-count:]) for count in range(1, len(segments) + 1)]
    return max(difflib.SequenceMatcher(None, name.lower(), tail).ratio() for tail in tails)


def matches(types: list[str], wanted: list[str]) -> Iterator[tuple[float, str, str]]:
    """Every type of the SDK with every resource type it may be, and how likely."""
    for token in wanted:
        count = len(parameters(token))
        for type_ in types:
            depth = type_.count("/")
            fits = 0.1 if depth == count else 0.02 if depth == count + 1 else -0.3
            yield likeness(token.split(":")[2], type_) + fits, token, type_


def path(token: str, type_: str) -> str:
    """The path below the resource group, with the SDK's names of the parameters in braces."""
    namespace, *segments = type_.split("/")
    left = parameters(token)
    chosen: dict[int, str] = {}
    inputs = resource(token).inputs
    own = [key for key in left if key in inputs and not inputs[key].required]
    if len(own) == 1 or (not own and len(left) == 1):
        chosen[len(segments) - 1] = (own or left)[0]
    pairs = sorted(
        (
            -difflib.SequenceMatcher(
                None, key.removesuffix("Name").removesuffix("Id").lower(), singular(segment)
            ).ratio(),
            index,
            key,
        )
        for index, segment in enumerate(segments)
        for key in left
    )
    for _, index, key in pairs:
        if index not in chosen and key not in chosen.values():
            chosen[index] = key
    parts = [
        f"{segment}/{{{chosen[index]}}}" if index in chosen else f"{segment}/default"
        for index, segment in enumerate(segments)
    ]
    return "/".join([namespace, *parts])


def main() -> None:
    """Read the index that is named on the command line; write the table."""
    index = json.loads(Path(sys.argv[1]).read_text())["resources"]
    cased: dict[str, str] = {}
    for entry in index:
        type_ = entry.partition("@")[0]
        type_ = re.sub(r"^microsoft\.insights\b", "Microsoft.Insights", type_)
        spellings = (cased.get(type_.lower(), type_), type_)
        cased[type_.lower()] = max(spellings, key=lambda text: sum(map(str.isupper, text)))
    spaces: dict[str, list[str]] = defaultdict(list)
    for type_ in sorted(cased.values()):
        spaces[type_.partition("/")[0].lower()].append(type_)
    modules: dict[str, list[str]] = defaultdict(list)
    for token in sorted(tokens("azure-native")):
        modules[token.split(":")[1]].append(token)
    lines: list[str] = []
    for module, wanted in sorted(modules.items()):
        namespace = NAMESPACES.get(module, f"Microsoft.{module}").lower()
        taken: set[str] = set()
        paths: dict[str, str] = {}
        for token in wanted:
            if known := TYPES.get(token.removeprefix("azure-native:")):
                paths[token] = path(token, known)
                taken.add(known)
        for score, token, type_ in sorted(matches(spaces[namespace], wanted), reverse=True):
            if score <= 0.8 or token in paths or type_ in taken:
                continue
            found = path(token, type_)
            # Between two names only a service is called `default`.
            if all(part.endswith(("Services", "features")) for part in UNNAMED.findall(found)):
                paths[token] = found
                taken.add(type_)
        lines += [f"{re.sub('^azure-native:', '', key)}\t{value}" for key, value in paths.items()]
    TABLE.write_text("".join(f"{line}\n" for line in sorted(lines)))
    sys.stdout.write(f"{len(lines)} of {len(tokens('azure-native'))} types\n")


if __name__ == "__main__":
    main()
