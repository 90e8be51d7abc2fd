"""modelport:image:Image: temporary."""

import hashlib

from modelport.provider.handler import Context, Handler, Inputs, Outputs
from modelport.verify import NOT_VERIFIED


class ModelImageInputs(Inputs):
    bundle: str
    version: str
    repository: str
    registry: str
    adapter: str = "plain"
    architecture: str = "amd64"
    base_image: str | None = None
    tag: str | None = None


class ModelImageHandler(Handler[ModelImageInputs]):
    token = "modelport:image:Image"
    inputs = ModelImageInputs
    unforeseen = frozenset({"digest", "reference", "image_id"})

    def create(self, context: Context, inputs: ModelImageInputs) -> tuple[str, Outputs]:
        raise NotImplementedError

    def read(self, context, resource_id, inputs, outputs):
        return outputs

    def update(self, context, resource_id, old, new, outputs):
        raise NotImplementedError

    def delete(self, context: Context, resource_id: str, inputs: ModelImageInputs) -> None:
        pass

    def invented(self, inputs: ModelImageInputs) -> Outputs:
        h = hashlib.sha256(
            f"{inputs.bundle}@{inputs.version}/{inputs.adapter}/{inputs.architecture}".encode()
        ).hexdigest()
        digest = "sha256:" + ("0ff11e" + h)[:64]
        return {
            "digest": digest,
            "reference": f"{inputs.repository}@{digest}",
            "image_id": digest,
            "verified": NOT_VERIFIED,
        }

    def offline_id(self, inputs: ModelImageInputs) -> str:
        return f"{inputs.repository}:{inputs.tag or inputs.version}"
