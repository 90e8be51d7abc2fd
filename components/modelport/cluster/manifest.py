"""Manifest: the inputs of a Pulumi resource as the Kubernetes object that they stand for."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Final, cast

from modelport.cluster.objects import Json, Object, mapping, text
from modelport.sdk.types import ResourceSchema

AUTONAMED: Final = "pulumi.com/autonamed"
"""Annotation on objects whose name the provider made up."""
_READ_ONLY = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
"""Metadata that only the server writes (Kubernetes API reference, ObjectMeta)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of Kubernetes objects."""

    api_version: str
    """Group and version, e.g. `apps/v1`; `v1` for the core group."""
    name: str
    """E.g. `Deployment`."""

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    def __str__(self) -> str:
        return f"{self.api_version} {self.name}"


_SECRET = Kind("v1", "Secret")


def kind_of(token: str, *sources: Object) -> Kind:
    """The kind that a type token such as `kubernetes:apps/v1:Deployment` stands for.

    Args:
        token: The resource's type token.
        sources: Inputs or outputs, which may name it themselves.
    """
    _, version, name = token.split(":", 2)
    for source in sources:
        if text(source, "apiVersion") and text(source, "kind"):
            return Kind(text(source, "apiVersion"), text(source, "kind"))
    return Kind(version.removeprefix("core/"), name.removesuffix("Patch"))


def is_patch(token: str, inputs: Object) -> bool:
    """Whether it patches an object of somebody else, as `DeploymentPatch` does."""
    name = token.rsplit(":", 1)[-1]
    kind = text(inputs, "kind")
    return name.endswith("Patch") and kind != name


def is_list(schema: ResourceSchema) -> bool:
    """Whether it is a list of objects, such as `ConfigMapList`."""
    return schema.token.endswith("List") and "items" in schema.inputs


def manifest(kind: Kind, inputs: Object) -> Object:
    """The object that is sent: without nulls and without what only the server writes."""
    made = mapping(_clean({key: value for key, value in inputs.items() if key != "status"}))
    metadata = {
        key: value for key, value in mapping(made, "metadata").items() if key not in _READ_ONLY
    }
    if kind == _SECRET and "stringData" in made:
        # Owned and merged as `data`: the server would not remove a key that leaves `stringData`.
        plain = mapping(made, "stringData")
        encoded = {key: b64encode(text(value).encode()).decode() for key, value in plain.items()}
        made["data"] = {**mapping(made, "data"), **encoded}
        del made["stringData"]
    return {**made, "apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata}


def state(live: Object) -> Object:
    """A live object as it is kept in the state: without the record of field managers."""
    metadata = {
        key: value for key, value in mapping(live, "metadata").items() if key != "managedFields"
    }
    return {**live, "metadata": metadata}


def object_id(value: Object) -> str:
    """`namespace/name`, or `name` for an object of the whole cluster, as the official provider."""
    name, namespace = text(value, "metadata", "name"), text(value, "metadata", "namespace")
    return f"{namespace}/{name}" if namespace else name


def parse_id(resource_id: str) -> tuple[str, str]:
    """Namespace (empty for none) and name of an id."""
    namespace, _, name = resource_id.rpartition("/")
    return namespace, name


def label(kind: Kind, resource_id: str) -> str:
    """How errors call an object: `apps/v1 Deployment shop/web`."""
    return f"{kind} {resource_id}"


def annotation(value: Object, key: str) -> str:
    """The value of an annotation; empty where there is none."""
    return text(mapping(value, "metadata", "annotations").get(key))


def _clean(value: Json) -> Json:
    if isinstance(value, dict):
        return {
            _dashed(key): _clean(item)
            for key, item in cast("Object", value).items()
            if item is not None and not key.startswith("__")
        }
    if isinstance(value, list):
        return [_clean(item) for item in cast("list[Json]", value)]
    return value


def _dashed(key: str) -> str:
    """SDKs write schema extensions with underscores: a dash is no part of a name there."""
    return key.replace("_", "-") if key.startswith("x_kubernetes_") else key
