"""Random forest: the service."""

from pathlib import Path

import bentoml

from modelport_serving.bento import Bundle

bundle = Bundle(Path(__file__).parent)


@bundle.serve
@bentoml.service(name="random_forest")
class RandomForest:
    """Answers whether a tumour is benign or malignant."""

    model = bundle.model

    def __init__(self) -> None:
        bundle.start(self.model)
