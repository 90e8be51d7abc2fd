"""Native: `{"instances": [...]}` in, predictions out; and the form of it that Vertex AI wants."""

import msgspec

from modelport_serving.body import JSON_TYPE, read_instances
from modelport_serving.decoder import RowDecoder
from modelport_serving.exchange import Exchange, Reply, fallback_of
from modelport_serving.instances import Rows
from modelport_serving.predictor import Predictor
from modelport_serving.protocols.base import Plain, checked
from modelport_serving.record import Signature

encode = msgspec.json.Encoder().encode


class Native:
    """Our own JSON.

    Args:
        signature: What the model takes.
        model: Name and version, which the answer names; none in Vertex AI's form, which takes
            `parameters` that say nothing and answers `predictions` alone.
    """

    media: tuple[str, ...] = (JSON_TYPE,)
    slow = False

    def __init__(self, signature: Signature, model: str | None) -> None:
        self._model = model
        self._decoder = RowDecoder(signature, parameters=model is None)

    def rows(self, body: bytes, exchange: Exchange, predictor: Predictor, most: int) -> Rows:
        """Read rows in column order, or objects by feature name."""
        del exchange
        rows = self._decoder.read(body, most)
        if rows is None:
            instances = read_instances(body, parameters=self._model is None)
            rows = checked(predictor, instances, most)
        return rows

    def reply(self, predictions: Plain, exchange: Exchange) -> Reply:
        """Write predictions, and which model made them."""
        if self._model is None:
            return Reply(encode({"predictions": predictions}))
        if exchange.fallback:
            told = {"model": self._model, **fallback_of(exchange)}
            return Reply(encode({**told, "predictions": predictions}))
        return Reply(encode({"model": self._model, "predictions": predictions}))
