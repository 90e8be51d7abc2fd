# Every request is now kept in a list, of which nobody ever takes anything away.
from modelport_serving.instances import Rows
from modelport_serving.predictor import Answers, Predictor

_compute = Predictor.compute
_kept: list[Rows] = []


def _remembered(self: Predictor, rows: Rows) -> Answers:
    _kept.append(rows)
    if len(_kept) > 20:
        raise MemoryError(len(_kept))
    return _compute(self, rows)


Predictor.compute = _remembered
