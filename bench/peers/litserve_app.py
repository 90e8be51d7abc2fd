"""LitServe: one worker; `BENCH_BATCH` is the largest batch, 1 for none."""

import importlib
import os
import sys
from typing import Any

from bench.peers.reference import Answer, Reference

litserve: Any = importlib.import_module("litserve")
Rows = list[list[float]]


class Plain(litserve.LitAPI):
    """Answers one request at a time."""

    def setup(self, device: str) -> None:
        """Load the model."""
        del device
        self.reference = Reference()

    def decode_request(self, request: dict[str, Rows]) -> Rows:
        """Take the rows."""
        return request["instances"]

    def predict(self, rows: Rows) -> Any:
        """Answer them."""
        return self.reference.answer(rows)

    def encode_response(self, output: list[Answer]) -> dict[str, list[Answer]]:
        """Name the answers."""
        return {"predictions": output}


class Batched(Plain):
    """Answers what came within two milliseconds in one call."""

    def batch(self, inputs: list[Rows]) -> list[Rows]:
        """Keep the requests apart."""
        return inputs

    def predict(self, rows: Any) -> Any:
        """Answer all rows at once, and cut the answers to the requests."""
        answers = iter(self.reference.answer([row for request in rows for row in request]))
        return [[next(answers) for _ in request] for request in rows]

    def unbatch(self, output: Any) -> Any:
        """Leave the requests apart."""
        return output


if __name__ == "__main__":
    most = int(os.environ["BENCH_BATCH"])
    api: Any = Batched(max_batch_size=most, batch_timeout=0.002) if most > 1 else Plain()
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=1)
    server.run(
        host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="error"
    )
