"""Objects of kubernetes as the API server would show them."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from modelport.offline import marks
from modelport.offline.kubernetes_identity import api_version, namespace_of, object_name
from modelport.offline.kubernetes_status import status_of
from modelport.offline.place import entries, items, text
from modelport.offline.subject import Subject
from modelport.offline.synthesis import Synthesis
from modelport.provider.wire import UNKNOWN, Json
from modelport.sdk.types import ResourceSchema
from modelport.sdk_provider.backing import Values

_SET_BY_SERVER: Final = ("creationTimestamp", "generation", "resourceVersion", "uid")


def created_object(schema: ResourceSchema, subject: Subject) -> Values:
    """An object that was just made."""
    about = subject.about("uid")
    own: Values = {
        "creationTimestamp": marks.TIME,
        "generation": 1,
        "resourceVersion": "1",
        "uid": marks.guid(about),
    }
    return _object(schema, subject, own)


def previewed_object(schema: ResourceSchema, subject: Subject, today: Values) -> Values:
    """An object as far as it is known before the update."""
    metadata = entries(today.get("metadata"))
    own: Values = dict.fromkeys(_SET_BY_SERVER, UNKNOWN)
    own |= {key: metadata[key] for key in ("creationTimestamp", "uid") if key in metadata}
    result = _object(schema, subject, own, unknown=True)
    if "status" in schema.outputs and "status" not in subject.inputs:
        result["status"] = UNKNOWN
    return _with_address(result, today)


def updated_object(
    schema: ResourceSchema, subject: Subject, old: Mapping[str, Json], today: Values
) -> Values:
    """An object after a change: a new revision of the same."""
    before = entries(today.get("metadata"))
    own: Values = {key: before[key] for key in _SET_BY_SERVER if key in before}
    own["resourceVersion"] = str(_count(before.get("resourceVersion")) + 1)
    if _specification(old) != _specification(subject.inputs):
        own["generation"] = _count(before.get("generation")) + 1
    return _with_address(_object(schema, subject, own), today)


def read_inputs(schema: ResourceSchema, resource_id: str) -> Values:
    """Inputs that an object's id tells."""
    namespace, _, name = resource_id.rpartition("/")
    metadata: Values = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    return {"metadata": metadata} if "metadata" in schema.inputs else {}


def with_namespace(schema: ResourceSchema, subject: Subject) -> Values:
    """The inputs with the namespace that the provider's config asks for."""
    metadata = subject.inputs.get("metadata")
    namespace = text(subject.place.config, "namespace")
    if not namespace or "metadata" not in schema.inputs or not namespace_of(subject):
        return dict(subject.inputs)
    if metadata == UNKNOWN or entries(metadata).get("namespace") is not None:
        return dict(subject.inputs)
    return {**subject.inputs, "metadata": {**entries(metadata), "namespace": namespace}}


def _object(
    schema: ResourceSchema, subject: Subject, own: Values, *, unknown: bool = False
) -> Values:
    result: Values = {
        "apiVersion": api_version(subject),
        "kind": subject.kind.removesuffix("Patch"),
        **{key: value for key, value in subject.inputs.items() if not key.startswith("__")},
    }
    metadata = subject.inputs.get("metadata")
    if "metadata" in schema.outputs and metadata != UNKNOWN:
        result["metadata"] = _metadata(subject, own)
    if subject.module == "core/v1" and subject.kind == "Secret":
        result |= _secret(subject)
    if subject.module == "core/v1" and subject.kind == "Service":
        result["spec"] = _previewed_service(subject) if unknown else _service(subject)
    if "status" in schema.outputs and "status" not in result:
        status = status_of(replace(subject, inputs=result))
        if status:
            result["status"] = status
    for name, property_ in schema.outputs.items():
        if property_.required and name not in (*result, "id", "urn"):
            # The server shows what every object of the kind has, though nothing was given.
            invented = Synthesis(subject).value(property_, given=True)
            result[name] = UNKNOWN if unknown else invented
    return {
        key: value
        for key, value in result.items()
        if value is not None
        and (schema.extensible or key in schema.outputs or key in subject.inputs)
    }


def _metadata(subject: Subject, own: Values) -> Values:
    if subject.kind.endswith("List"):
        given = entries(subject.inputs.get("metadata"))
        return {"resourceVersion": own.get("resourceVersion"), **given}
    metadata: Values = {"name": object_name(subject)}
    namespace = namespace_of(subject)
    if namespace:
        metadata["namespace"] = namespace
    return {**metadata, **entries(subject.inputs.get("metadata")), **own}


def _secret(subject: Subject) -> Values:
    """A secret's plain texts are kept encoded in `data`."""
    plain, data = subject.inputs.get("stringData"), subject.inputs.get("data")
    result: Values = {"type": text(subject.inputs, "type") or "Opaque"}
    if UNKNOWN in (plain, data) or UNKNOWN in entries(plain).values():
        result["data"] = UNKNOWN
    elif plain is not None:
        encoded = {
            key: base64.b64encode(str(value).encode()).decode()
            for key, value in entries(plain).items()
        }
        result["data"] = {**entries(data), **encoded}
    return result


def _previewed_service(subject: Subject) -> Json:
    spec = subject.inputs.get("spec")
    if spec == UNKNOWN:
        return UNKNOWN
    given = entries(spec)
    own: Values = {"type": "ClusterIP"}
    if given.get("type") != "ExternalName":
        own |= {"clusterIP": UNKNOWN, "clusterIPs": UNKNOWN}
    return {**own, **given}


def _service(subject: Subject) -> Json:
    given = entries(subject.inputs.get("spec"))
    kind = text(given, "type") or "ClusterIP"
    if kind == "ExternalName":
        return {**given, "type": kind}
    about = subject.about("address")
    # 198.18.0.0/15 is for tests of network devices (RFC 2544) and never routed.
    address = f"198.18.{marks.number(about, 0, 255)}.{marks.number(about, 1, 254)}"
    address = text(given, "clusterIP") or address
    return {
        "clusterIP": address,
        "clusterIPs": [address],
        "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "sessionAffinity": "None",
        "type": kind,
        **given,
        "ports": [_port(entries(port), kind, about) for port in items(given.get("ports"))],
    }


def _port(port: Values, kind: str, about: str) -> Values:
    result: Values = {"protocol": "TCP", "targetPort": port.get("port"), **port}
    if kind in ("NodePort", "LoadBalancer") and "nodePort" not in port:
        result["nodePort"] = marks.number(marks.seed(about, port), 30000, 32767)
    return result


def _with_address(result: Values, today: Values) -> Values:
    """A service keeps its address over changes."""
    spec, before = entries(result.get("spec")), entries(today.get("spec"))
    if result.get("kind") != "Service" or not before.get("clusterIP") or not spec:
        return result
    kept = {key: before[key] for key in ("clusterIP", "clusterIPs") if key in before}
    return {**result, "spec": {**spec, **kept}}


def _specification(inputs: Mapping[str, Json]) -> Values:
    return {key: value for key, value in inputs.items() if key not in ("metadata", "status")}


def _count(value: Json) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value)
    return int(value) if isinstance(value, str) and value.isdigit() else 1
