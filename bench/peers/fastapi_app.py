"""FastAPI: the application that one would write by hand, without key, limits or metrics."""

import importlib
from typing import Any

from bench.peers.reference import Reference
from pydantic import BaseModel

# Not among the project's packages, so it cannot be imported where types are checked.
fastapi: Any = importlib.import_module("fastapi")
responses: Any = importlib.import_module("fastapi.responses")

app: Any = fastapi.FastAPI()
reference = Reference()


class Body(BaseModel):
    """A request."""

    instances: list[list[float]]
    """Rows in column order."""


async def predict(body: Body) -> Any:
    """Answer one prediction per row.

    In the event loop, and as a finished response: a thread for each request, and a model of the
    answer that checks it again, both answer less.
    """
    return responses.JSONResponse({"predictions": reference.answer(body.instances)})


app.post("/predict", response_model=None)(predict)
