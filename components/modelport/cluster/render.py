"""Render: resources as YAML files in a folder, laid out as the official provider does.

`0-crd` holds definitions, `1-manifest` everything else; a file is named
`<apiVersion>-<kind>-<namespace>-<name>.yaml` (pulumi-kubernetes, renderPathForResource).
"""

from pathlib import Path
from typing import Final, cast

import yaml

from modelport.cluster.invoke import answer
from modelport.cluster.manifest import Kind, kind_of, label, manifest, object_id
from modelport.cluster.objects import Object, mapping, text
from modelport.cluster.problems import ClusterError
from modelport.cluster.scopes import is_namespaced
from modelport.files import write_whole
from modelport.provider.wire import UNKNOWN
from modelport.sdk.types import FunctionSchema
from modelport.sdk_provider.backing import Backing, Problem, Request, Values

DIRECTORY: Final = "renderYamlToDirectory"
"""Property of the provider's config that asks for files instead of a cluster."""


class RenderBacking(Backing):
    """Writes each resource to a file of its own, and removes it when the resource goes."""

    def complete(self, request: Request, inputs: Values, old: Values) -> Values:
        """The inputs with their namespace, where the kind is known to have namespaces."""
        del old
        metadata = inputs.get("metadata")
        given = metadata is not None and not isinstance(metadata, dict)
        if given or mapping(metadata).get("namespace") is not None:
            return inputs
        if is_namespaced(kind_of(request.token, inputs)) is not True:
            return inputs
        namespace = text(dict(request.config), "namespace") or "default"
        return {**inputs, "metadata": {**mapping(metadata), "namespace": namespace}}

    def check(self, request: Request, inputs: Values) -> list[Problem]:
        """Whether the object's name can be part of a file's name."""
        del request
        name = text(inputs, "metadata", "name")
        if "/" in name and name != UNKNOWN:
            return [Problem("metadata.name", f"{name!r} holds a slash; no object may have that")]
        return []

    def preview(self, request: Request, inputs: Values, outputs: Values | None) -> Values:
        """The inputs: a file says nothing more."""
        del request, outputs
        return inputs

    def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        """Write the file."""
        made = self._write(request, inputs)
        return object_id(made), made

    def read(
        self, request: Request, resource_id: str, inputs: Values, outputs: Values
    ) -> tuple[Values, Values] | None:
        """What the file holds now; none when it is gone."""
        if not inputs:
            message = f"{label(kind_of(request.token), resource_id)}: a file cannot be imported"
            raise ClusterError(message)
        file = self._file(request, outputs)
        try:
            held: object = yaml.safe_load(file.read_text())
        except FileNotFoundError:
            return None
        except (OSError, yaml.YAMLError) as error:
            message = f"{file}: it cannot be read as YAML; remove it, or write it again with an up"
            raise ClusterError(message) from error
        if held == manifest(kind_of(request.token, inputs), inputs):
            return inputs, outputs
        now = cast("Object", held) if isinstance(held, dict) else {}
        return now, now

    def update(
        self, request: Request, resource_id: str, old: Values, new: Values, outputs: Values
    ) -> Values:
        """Write the file again; under another version it has another name."""
        del resource_id, old
        made = self._write(request, new)
        before = self._file(request, outputs)
        if before != self._file(request, made):
            before.unlink(missing_ok=True)
        return made

    def delete(self, request: Request, resource_id: str, inputs: Values, outputs: Values) -> None:
        """Remove the file."""
        del resource_id, inputs
        file = self._file(request, outputs)
        file.unlink(missing_ok=True)
        request.status(f"removed {file}")

    def invoke(self, schema: FunctionSchema, arguments: Values, config: Values) -> Values:
        """Answer the functions that need no cluster."""
        del config
        return answer(schema.token, arguments)

    def _write(self, request: Request, inputs: Values) -> Values:
        made = manifest(kind_of(request.token, inputs), inputs)
        file = self._file(request, made)
        try:
            for folder in ("0-crd", "1-manifest"):
                path = file.parent.parent / folder
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            rendered = yaml.safe_dump(made, sort_keys=True, allow_unicode=True)
            write_whole(file, rendered.encode(), mode=0o600)
        except OSError as error:
            message = f"{file}: it cannot be written: {error.strerror}; choose another {DIRECTORY}"
            raise ClusterError(message) from error
        request.status(f"rendered {file}")
        return made

    def _file(self, request: Request, value: Object) -> Path:
        folder = Path(text(dict(request.config), DIRECTORY)).expanduser()
        return folder / file_name(value)


def file_name(value: Object) -> str:
    """Path of an object's file below the folder."""
    kind = Kind(text(value, "apiVersion"), text(value, "kind"))
    version = kind.api_version.replace("/", "_").replace(":", "_")
    namespace = text(value, "metadata", "namespace") or "default"
    name = f"{version}-{kind.name.lower()}-{namespace}-{text(value, 'metadata', 'name')}.yaml"
    folder = "0-crd" if kind.name == "CustomResourceDefinition" else "1-manifest"
    return f"{folder}/{name}"
