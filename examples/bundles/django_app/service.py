"""Iris with a page of Django: the service."""

from pathlib import Path

import bentoml
from app import app

from modelport_serving.bento import Bundle

bundle = Bundle(Path(__file__).parent, mount=app, public=["/", "/static"])


@bundle.serve
@bentoml.service(name="django_app")
class Iris:
    """Answers which species a flower is, to programs and to people."""

    model = bundle.model

    def __init__(self) -> None:
        bundle.start(self.model)
