"""Protos: makes the modules of gRPC's messages from their .proto files.

    .venv/bin/python scripts/protos.py

Each gets a descriptor pool of its own: in the common one they would clash with the same messages
of any other library in the process, such as a client that a mounted application uses.
"""

import tempfile
from pathlib import Path

from grpc_tools import protoc

FOLDER = Path(__file__).resolve().parents[1] / "bentos/modelport_serving/grpc/protos"


def generate() -> dict[str, str]:
    """The modules and their types, by file name."""
    files = sorted(file.name for file in FOLDER.glob("*.proto"))
    with tempfile.TemporaryDirectory() as made:
        arguments = ["protoc", f"-I{FOLDER}", f"--python_out={made}", f"--pyi_out={made}", *files]
        if protoc.main(arguments):
            raise SystemExit("protoc refused the files; it says why above")
        texts = {file.name: file.read_text() for file in sorted(Path(made).iterdir())}
    return {
        name: text.replace("_descriptor_pool.Default()", "_descriptor_pool.DescriptorPool()")
        for name, text in texts.items()
    }


if __name__ == "__main__":
    for name, text in generate().items():
        (FOLDER / name).write_text(text)
