"""Models, endpoints and operations of a small Vertex AI; every method is one call of the API."""

import itertools
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from google.cloud import aiplatform_v1 as vertex
from google.protobuf.timestamp_pb2 import Timestamp

from fakes.vertex_rules import (
    MUTABLE,
    check_deployed,
    check_endpoint,
    check_model,
    check_patch,
    check_scale,
    check_split,
    exists,
    invalid,
    missing,
    parsed,
    precondition,
    written,
)

NUMBER = "123456789012"
"""Number of every project: Google answers with it, whatever the caller calls the project."""
Body = dict[str, Any]
Query = dict[str, str]
_TYPES = "type.googleapis.com/google.cloud.aiplatform.v1"


@dataclass
class Operation:
    """A long operation, which takes effect when its time has come."""

    name: str
    kind: str
    subject: str
    """Id of the model, endpoint or deployed model that it is about."""
    ends: float
    effect: Callable[[], Body]
    error: str = ""
    model: str = ""
    """Model that is being deployed."""
    response: Body | None = None
    done: bool = False

    def written(self) -> Body:
        kind = self.kind[0].upper() + self.kind[1:]
        empty = kind.startswith("Delete")
        metadata = "DeleteOperationMetadata" if empty else f"{kind}OperationMetadata"
        body: Body = {
            "name": self.name,
            "metadata": {"@type": f"{_TYPES}.{metadata}", "genericMetadata": {}},
        }
        if not self.done:
            return body
        if self.error:
            return body | {"done": True, "error": {"code": 9, "message": self.error}}
        answer = {"CreateEndpoint": "Endpoint"}.get(kind, f"{kind}Response")
        made = "type.googleapis.com/google.protobuf.Empty" if empty else f"{_TYPES}.{answer}"
        return body | {"done": True, "response": {"@type": made, **(self.response or {})}}


@dataclass
class State:
    """Everything that this Vertex AI knows."""

    seconds: float = 0.05
    """How long an operation takes."""
    models: dict[str, vertex.Model] = field(default_factory=dict[str, vertex.Model])
    endpoints: dict[str, vertex.Endpoint] = field(default_factory=dict[str, vertex.Endpoint])
    operations: dict[str, Operation] = field(default_factory=dict[str, Operation])
    accepted: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """How often an operation was begun, by its kind and what it is about."""
    failing: dict[str, str] = field(default_factory=dict[str, str])
    """Message with which the next operation of a kind fails."""
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def tick(self) -> None:
        """Let operations end whose time has come."""
        for operation in self.operations.values():
            if not operation.done and time.monotonic() >= operation.ends:
                operation.done = True
                if not operation.error:
                    operation.response = operation.effect()

    # -- models

    def upload_model(self, parent: str, body: Body, *_: object) -> Body:
        request = parsed(vertex.UploadModelRequest, body)
        check_model(request)
        name = f"{parent}/models/{request.model_id}"
        if name in self.models or self._busy(name):
            raise exists(name)
        model = request.model
        model.name, model.version_id = name, "1"
        model.version_aliases = ["default"]

        def effect() -> Body:
            model.create_time = _now()
            self.models[name] = model
            return {"model": name, "modelVersionId": "1"}

        return self._begin("uploadModel", name, name, effect)

    def get_model(self, name: str, *_: object) -> Body:
        model = written(self._model(name))
        deployed = self._deployments(name)
        return model | ({"deployedModels": deployed} if deployed else {})

    def patch_model(self, name: str, body: Body, query: Query) -> Body:
        model = self._model(name)
        change = parsed(vertex.Model, body)
        fields = check_patch(
            query.get("updateMask", ""),
            {"displayName", "description", "labels", "versionDescription"},
        )
        if "displayName" in fields:
            model.display_name = change.display_name
        if "description" in fields:
            model.description = change.description
        if "labels" in fields:
            model.labels = dict(change.labels)
        return written(model)

    def delete_model(self, name: str, *_: object) -> Body:
        self._model(name)
        used = [item["endpoint"] for item in self._deployments(name)] + [
            operation.name.partition("/operations/")[0]
            for operation in self.operations.values()
            if operation.model == name and not operation.done
        ]
        if used:
            raise precondition(
                f'The Model "{name}" is deployed or being deployed at the following '
                f"Endpoint(s): {', '.join(sorted(set(used)))}."
            )
        if self._busy(name):
            raise precondition(f"Another operation is in progress on {name}.")
        return self._begin("deleteModel", name, name, lambda: _removed(self.models, name))

    def list_models(self, parent: str, *_: object) -> Body:
        return {"models": [self.get_model(key) for key in self.models if key.startswith(parent)]}

    # -- endpoints

    def create_endpoint(self, parent: str, body: Body, query: Query) -> Body:
        endpoint = parsed(vertex.Endpoint, body)
        own_id = query.get("endpointId") or str(10**8 + next(self.numbers))
        check_endpoint(own_id, endpoint)
        name = f"{parent}/endpoints/{own_id}"
        if name in self.endpoints or self._busy(name):
            raise exists(name)
        endpoint.name = name
        if endpoint.dedicated_endpoint_enabled:
            region = name.split("/")[3]
            endpoint.dedicated_endpoint_dns = f"{own_id}.{region}-{NUMBER}.prediction.vertexai.goog"

        def effect() -> Body:
            endpoint.create_time = _now()
            self.endpoints[name] = endpoint
            return written(endpoint)

        return self._begin("createEndpoint", name, name, effect)

    def get_endpoint(self, name: str, *_: object) -> Body:
        return written(self._endpoint(name))

    def patch_endpoint(self, name: str, body: Body, query: Query) -> Body:
        endpoint = self._endpoint(name)
        change = parsed(vertex.Endpoint, body)
        fields = check_patch(
            query.get("updateMask", ""), {"displayName", "description", "labels", "trafficSplit"}
        )
        if "trafficSplit" in fields:
            split = dict(change.traffic_split)
            if split:
                check_split(split, self._deployed_ids(endpoint))
            endpoint.traffic_split = split
        if "displayName" in fields:
            endpoint.display_name = change.display_name
        if "description" in fields:
            endpoint.description = change.description
        if "labels" in fields:
            endpoint.labels = dict(change.labels)
        return written(endpoint)

    def delete_endpoint(self, name: str, *_: object) -> Body:
        endpoint = self._endpoint(name)
        ids = sorted(self._deployed_ids(endpoint))
        if ids or self._busy(name):
            raise precondition(
                f"Endpoint {name} has deployed or being-deployed DeployedModel(s) with ID(s): {ids}"
            )
        return self._begin("deleteEndpoint", name, name, lambda: _removed(self.endpoints, name))

    def list_endpoints(self, parent: str, *_: object) -> Body:
        found = [self.get_endpoint(key) for key in self.endpoints if key.startswith(parent)]
        return {"endpoints": found}

    # -- deployed models

    def deploy_model(self, name: str, body: Body, *_: object) -> Body:
        endpoint = self._endpoint(name)
        request = parsed(vertex.DeployModelRequest, body)
        deployed = request.deployed_model
        if not deployed.id:
            deployed.id = str(next(self.numbers))
        check_deployed(deployed)
        if deployed.id in self._deployed_ids(endpoint) or self._busy(name, deployed.id):
            raise exists(f"{name}/deployedModels/{deployed.id}")
        model = self._model(canonical(deployed.model.partition("@")[0]))
        split = dict(request.traffic_split)
        if split:
            check_split(split, {*self._deployed_ids(endpoint), "0"})
        deployed.model, deployed.model_version_id = model.name, model.version_id
        deployed.display_name = deployed.display_name or model.display_name
        resources = deployed.dedicated_resources
        resources.max_replica_count = resources.max_replica_count or resources.min_replica_count

        def effect() -> Body:
            deployed.create_time = _now()
            deployed.status.available_replica_count = resources.min_replica_count
            endpoint.deployed_models.append(deployed)
            if split:
                shares = {deployed.id if key == "0" else key: split[key] for key in split}
                endpoint.traffic_split = shares
            return {"deployedModel": written(deployed)}

        return self._begin("deployModel", name, deployed.id, effect, model.name)

    def undeploy_model(self, name: str, body: Body, *_: object) -> Body:
        endpoint = self._endpoint(name)
        request = parsed(vertex.UndeployModelRequest, body)
        own_id, split = request.deployed_model_id, dict(request.traffic_split)
        others = self._deployed_ids(endpoint) - {own_id}
        self._free(endpoint, own_id)
        if split:
            check_split({key: share for key, share in split.items() if share}, others)
        elif others and endpoint.traffic_split.get(own_id, 0):
            raise precondition(
                f"DeployedModel {own_id} has traffic assigned to it; unassign it first."
            )

        def effect() -> Body:
            kept = [item for item in endpoint.deployed_models if item.id != own_id]
            endpoint.deployed_models = kept
            rest = split or dict(endpoint.traffic_split)
            endpoint.traffic_split = {
                key: share for key, share in rest.items() if kept and key != own_id
            }
            return {}

        return self._begin("undeployModel", name, own_id, effect)

    def mutate_deployed_model(self, name: str, body: Body, *_: object) -> Body:
        endpoint = self._endpoint(name)
        request = parsed(vertex.MutateDeployedModelRequest, body)
        check_patch(str(body.get("updateMask", "")), MUTABLE)
        own_id = request.deployed_model.id
        deployed = self._free(endpoint, own_id)
        changed = vertex.DeployedModel(deployed)
        for path in request.update_mask.paths:
            if path == "disable_container_logging":
                changed.disable_container_logging = request.deployed_model.disable_container_logging
                continue
            key = path.partition(".")[2]
            value = getattr(request.deployed_model.dedicated_resources, key)
            setattr(changed.dedicated_resources, key, value)
        check_scale(changed.dedicated_resources)

        def effect() -> Body:
            place = [item.id for item in endpoint.deployed_models].index(own_id)
            endpoint.deployed_models[place] = changed
            return {"deployedModel": written(changed)}

        return self._begin("mutateDeployedModel", name, own_id, effect)

    # -- operations

    def get_operation(self, name: str) -> Body:
        if name not in self.operations:
            raise missing(name)
        return self.operations[name].written()

    def list_operations(self, parent: str) -> Body:
        found = [item.written() for name, item in self.operations.items() if parent in name]
        return {"operations": found[::-1]} if found else {}

    # -- helpers

    def _begin(
        self,
        kind: str,
        resource: str,
        subject: str,
        effect: Callable[[], Body],
        model: str = "",
    ) -> Body:
        name = f"{resource}/operations/{10**18 + next(self.numbers)}"
        own = subject.rpartition("/")[2]
        ends = time.monotonic() + self.seconds
        error = self.failing.pop(kind, "")
        self.operations[name] = Operation(name, kind, own, ends, effect, error, model)
        self.accepted[kind, own] += 1
        return self.operations[name].written()

    def _busy(self, resource: str, subject: str | None = None) -> bool:
        return any(
            not operation.done
            and operation.name.startswith(f"{resource}/operations/")
            and subject in {None, operation.subject}
            for operation in self.operations.values()
        )

    def _model(self, name: str) -> vertex.Model:
        if name not in self.models:
            raise missing(name)
        return self.models[name]

    def _endpoint(self, name: str) -> vertex.Endpoint:
        if name not in self.endpoints:
            raise missing(name)
        return self.endpoints[name]

    def _free(self, endpoint: vertex.Endpoint, own_id: str) -> vertex.DeployedModel:
        """A deployed model to which nothing is being done."""
        for item in endpoint.deployed_models:
            if item.id == own_id:
                if self._busy(endpoint.name, own_id):
                    raise precondition(f"Another operation is in progress on {own_id}.")
                return item
        raise missing(f"{endpoint.name}/deployedModels/{own_id}")

    def _deployed_ids(self, endpoint: vertex.Endpoint) -> set[str]:
        return {str(item.id) for item in endpoint.deployed_models}

    def _deployments(self, model: str) -> list[dict[str, str]]:
        return [
            {"endpoint": endpoint.name, "deployedModelId": item.id}
            for endpoint in self.endpoints.values()
            for item in endpoint.deployed_models
            if item.model == model
        ]


def canonical(name: str) -> str:
    """A name with the project's number."""
    if not re.match(r"projects/[^/]+/locations/[^/]+(/|$)", name):
        raise invalid(f"{name!r} is no resource name")
    return re.sub(r"^projects/[^/]+", f"projects/{NUMBER}", name)


def _now() -> Timestamp:
    stamp = Timestamp()
    stamp.GetCurrentTime()
    return stamp


def _removed(items: dict[str, Any], name: str) -> Body:
    del items[name]
    return {}
