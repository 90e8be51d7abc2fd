"""A deployment on Vertex AI step by step, as the engine drives the handlers.

As a program it goes to a wanted version, beginning where a file says that an earlier run has come
to, as the engine's state does: `python -m provider.vertex_life FILE WANTED`, `tests` on the path.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from modelport.cloud import google
from modelport.home import Home
from modelport.provider.handler import Context
from modelport.provider.vertex_deployed_model import VertexDeployedModelHandler
from modelport.provider.vertex_deployment import VertexDeployedModelInputs
from modelport.provider.vertex_model import VertexModelHandler, VertexModelInputs
from modelport.provider.vertex_operations import vertex

PROJECT, REGION = "clinic", "europe-west4"
PARENT = f"projects/{PROJECT}/locations/{REGION}"
ENDPOINT = f"{PARENT}/endpoints/cancer"
DIGESTS = {"a": "sha256:" + "a" * 64, "b": "sha256:" + "b" * 64}
IDS = {"a": "1001", "b": "1002"}
MODELS, DEPLOYED = VertexModelHandler(), VertexDeployedModelHandler()


def model_inputs(version: str = "a", **more: Any) -> VertexModelInputs:
    values = {
        "project": PROJECT,
        "region": REGION,
        "model_id": f"cancer-{version}",
        "display_name": "cancer",
        "image": f"{REGION}-docker.pkg.dev/{PROJECT}/images/cancer@{DIGESTS[version]}",
        "predict_route": "/predict",
        "health_route": "/healthz",
        "port": 3000,
        "environment": {"LOG": "json", "ANSWER": "42"},
        "labels": {"owner": "diagnostics"},
    }
    return VertexModelInputs.model_validate(values | more)


def deployed_inputs(version: str = "a", **more: Any) -> VertexDeployedModelInputs:
    values = {
        "project": PROJECT,
        "region": REGION,
        "endpoint": "cancer",
        "model": f"{PARENT}/models/cancer-{version}",
        "deployed_model_id": IDS[version],
        "display_name": f"cancer-{version}",
        "machine_type": "n1-standard-2",
        "max_replicas": 2,
        "autoscaling": {"cpu": 70},
    }
    return VertexDeployedModelInputs.model_validate(values | more)


def context(folder: Path) -> Context:
    return Context(Home(folder / ".modelport"), lambda _: None)


def make_endpoint() -> None:
    """The endpoint, which another provider makes."""
    api = vertex(REGION)
    body = {"displayName": "cancer"}
    api.wait(api.post(f"{PARENT}/endpoints", body, {"endpointId": "cancer"}), 10)


def give_traffic(version: str) -> None:
    """All traffic to one version, as the live service does."""
    split = {"trafficSplit": {IDS[version]: 100}}
    vertex(REGION).patch(ENDPOINT, split, {"updateMask": "trafficSplit"})


class Life:
    """What the engine would do, and remember after each step."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._context = context(path.parent)
        self.state: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def go(self, wanted: str, replicas: int) -> None:
        """Bring everything to one version, or to none (`down`)."""
        if wanted != "down":
            self._up(wanted, replicas)
        for version in sorted(IDS):
            if version != wanted:
                self._remove(version)

    def _up(self, version: str, replicas: int) -> None:
        model, deployed = f"model-{version}", f"deployed-{version}"
        if model not in self.state:
            self._note(model, MODELS.create(self._context, model_inputs(version))[1]["name"])
        inputs = deployed_inputs(version, model=self.state[model], max_replicas=replicas)
        if deployed not in self.state:
            DEPLOYED.create(self._context, inputs)
            self._note(deployed, inputs.model_dump())
        old = VertexDeployedModelInputs.model_validate(self.state[deployed])
        if old != inputs:
            DEPLOYED.update(self._context, inputs.resource_id, old, inputs, {})
            self._note(deployed, inputs.model_dump())
        if self.state.get("traffic") != version:
            give_traffic(version)
            self._note("traffic", version)

    def _remove(self, version: str) -> None:
        deployed, model = f"deployed-{version}", f"model-{version}"
        if deployed in self.state:
            inputs = VertexDeployedModelInputs.model_validate(self.state[deployed])
            DEPLOYED.delete(self._context, inputs.resource_id, inputs)
            self._note(deployed, None)
        if model in self.state:
            inputs = model_inputs(version)
            MODELS.delete(self._context, inputs.resource_id, inputs)
            self._note(model, None)

    def _note(self, key: str, value: Any) -> None:
        self.state[key] = value
        if value is None:
            del self.state[key]
            if self.state.get("traffic") == key.removeprefix("deployed-"):
                del self.state["traffic"]
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(self.state))
        os.replace(partial, self._path)  # noqa: PTH105 - as atomic as the engine's own state


if __name__ == "__main__":
    setattr(google, "_BACKOFF", 0.01)  # noqa: B010 - the server that breaks connections is a test's
    Life(Path(sys.argv[1])).go(sys.argv[2], int(sys.argv[3]))
