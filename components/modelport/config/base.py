"""Base of every config model."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Plain data: unknown keys are errors, values never change, docstrings become descriptions."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
