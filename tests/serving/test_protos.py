"""gRPC's messages: made by protoc from the files beside them, and alone in their pools."""

import runpy
from pathlib import Path

from google.protobuf import descriptor_pool

from modelport_serving.grpc.protos import open_inference_pb2
from serving.grpc_calls import pb

ROOT = Path(__file__).parents[2]


def test_the_modules_are_what_protoc_makes() -> None:
    script = runpy.run_path(str(ROOT / "scripts/protos.py"))
    folder: Path = script["FOLDER"]
    kept = {file.name: file.read_text() for file in folder.glob("*_pb2.py*")}
    assert script["generate"]() == kept, "run .venv/bin/python scripts/protos.py"


def test_other_libraries_may_have_the_same_messages() -> None:
    common = descriptor_pool.Default().FindMessageTypeByName("inference.ModelInferRequest")
    assert common.file.name == pb.DESCRIPTOR.name
    own = open_inference_pb2.ModelInferRequest
    theirs = pb.ModelInferRequest
    assert own.DESCRIPTOR is not theirs.DESCRIPTOR
    # The protocol's: NVIDIA's client has further fields for its own extensions.
    for message in ("ModelInferRequest", "ModelInferResponse", "InferTensorContents"):
        numbers = {
            field.name: field.number
            for field in getattr(open_inference_pb2, message).DESCRIPTOR.fields
        }
        known = {field.name: field.number for field in getattr(pb, message).DESCRIPTOR.fields}
        assert numbers.items() <= known.items()
