"""Identity: the id that a resource gets, and what an id says of its resource."""

import re
from typing import Final

from modelport.offline.aws_identity import aws_id
from modelport.offline.azure_identity import azure_id, parameters_of
from modelport.offline.gcp_identity import gcp_id, path_template
from modelport.offline.kubernetes_identity import kubernetes_id
from modelport.offline.kubernetes_objects import read_inputs
from modelport.offline.subject import Subject, camel
from modelport.sdk.types import ResourceSchema
from modelport.sdk_provider.backing import Values
from modelport.sdk_provider.naming import name_property

_IDS: Final = {
    "aws": aws_id,
    "azure-native": azure_id,
    "gcp": gcp_id,
    "kubernetes": kubernetes_id,
}


def resource_id_of(subject: Subject) -> str:
    """The id of a new resource."""
    invent = _IDS.get(subject.package)
    return invent(subject) if invent else subject.name


def inputs_of_id(schema: ResourceSchema, resource_id: str) -> Values:
    """Inputs that an id tells: names, groups, projects, places."""
    package = schema.token.partition(":")[0]
    if package == "kubernetes":
        return read_inputs(schema, resource_id)
    found: dict[str, str] = {}
    if package == "azure-native":
        found = parameters_of(schema.token, resource_id)
    elif package == "gcp":
        found = _from_path(schema, resource_id)
    key = name_property(schema)
    if key and key not in found and package != "azure-native":
        found[key] = name_of_id(resource_id)
    return {key: value for key, value in found.items() if key in schema.inputs}


def name_of_id(resource_id: str) -> str:
    """The resource's own name: the end of its id."""
    return re.split(r"[/:|]", resource_id.rstrip("/"))[-1] or resource_id


def _from_path(schema: ResourceSchema, resource_id: str) -> dict[str, str]:
    template = path_template(schema.token)
    if template is None:
        return {}
    pieces = re.split(r"\{\{%?(\w+)\}\}", template)
    pattern = "".join(
        f"(?P<{piece}>[^/]+)" if index % 2 else re.escape(piece)
        for index, piece in enumerate(pieces)
        if index % 2 == 0 or piece not in pieces[1:index:2]
    )
    match = re.fullmatch(pattern, resource_id)
    return {camel(key): value for key, value in match.groupdict().items()} if match else {}
