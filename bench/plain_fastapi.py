"""Plain FastAPI: the application that one would write by hand, without key, limits or metrics."""

import importlib
from typing import Any

import numpy as np
from bench.reference import Answer, Reference
from pydantic import BaseModel

# Not among the project's packages, so it cannot be imported where types are checked.
fastapi: Any = importlib.import_module("fastapi")

app: Any = fastapi.FastAPI()
reference = Reference()


class Body(BaseModel):
    """A request."""

    instances: list[list[float]]
    """Rows in column order."""


def predict(body: Body) -> dict[str, list[Answer]]:
    """Answer one prediction per row; a plain function, so FastAPI runs it in a thread."""
    return {"predictions": reference.answer(np.array(body.instances))}


app.post("/predict")(predict)
