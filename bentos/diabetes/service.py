"""Diabetes: the service."""

from pathlib import Path

import bentoml

from modelport_serving.bento import Bundle

bundle = Bundle(Path(__file__).parent)


@bundle.serve
@bentoml.service(name="diabetes")
class Diabetes:
    """Answers how far the disease will have advanced after one year."""

    model = bundle.model

    def __init__(self) -> None:
        bundle.start(self.model)
