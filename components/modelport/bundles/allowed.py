"""Allowed globals: what a pickled model may name without being trusted by hand.

A pickle is a program that calls whatever it names, so what is known here must be harmless with any
arguments: estimators of scikit-learn, what their fitted parts are made of, and what NumPy and
SciPy put arrays together with. Functions are not known, but for the few that rebuild an object.
"""

import importlib
from collections.abc import Collection
from typing import Any, NamedTuple

_EXACT = {
    "_codecs": "encode",
    "builtins": "bool bytes complex dict float frozenset int list object set slice str tuple",
    "collections": "Counter OrderedDict defaultdict deque",
    "copyreg": "_reconstructor",
    "joblib.numpy_pickle": "NumpyArrayWrapper",
    "numpy": "bool bool_ dtype float16 float32 float64 int16 int32 int64 int8 ndarray object_ "
    "str_ uint16 uint32 uint64 uint8",
    "numpy._core.multiarray": "_reconstruct scalar",
    "numpy._core.numeric": "_frombuffer",
    "numpy.ma": "MaskedArray",
    "numpy.ma.core": "MaskedArray _mareconstruct",
    "numpy.random._mt19937": "MT19937",
    "numpy.random._pcg64": "PCG64",
    "numpy.random._pickle": "__bit_generator_ctor __generator_ctor __randomstate_ctor",
    "numpy.random.bit_generator": "SeedSequence __pyx_unpickle_SeedSequence",
    "scipy._lib.array_api_compat.numpy._aliases": "asarray",
    "scipy.interpolate._bsplines": "BSpline",
    "scipy.sparse._coo": "coo_array coo_matrix",
    "scipy.sparse._csc": "csc_array csc_matrix",
    "scipy.sparse._csr": "csr_array csr_matrix",
    "sklearn.calibration": "_CalibratedClassifier _SigmoidCalibration",
    "sklearn.compose._column_transformer": "_RemainderColsList",
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.linear_model._sgd_fast": "EpsilonInsensitive Hinge ModifiedHuber SquaredHinge",
    "sklearn.metrics._scorer": "_PassthroughScorer",
    "sklearn.neural_network._stochastic_optimizers": "AdamOptimizer SGDOptimizer",
    "sklearn.tree._tree": "Tree",
    "sklearn.utils._bunch": "Bunch",
}
_KNOWN = {module: frozenset(names.split()) for module, names in _EXACT.items()}

_PARTS = (
    "sklearn._loss.",
    "sklearn.gaussian_process.kernels",
    "sklearn.metrics._dist_metrics",
    "sklearn.model_selection._split",
    "sklearn.neighbors._ball_tree",
    "sklearn.neighbors._kd_tree",
)
"""Modules whose classes are parts of fitted estimators."""
_REBUILDERS = ("newObj", "__pyx_unpickle_")
"""Functions of those modules by which Cython's classes are pickled."""
_NEVER = ("tests", "conftest", "datasets", "externals", "_build_utils", "_testing", "_mocking")
"""Parts of scikit-learn that no model is made of."""


class Global(NamedTuple):
    """What a pickle names: something in a module."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


_MOVED = {"__builtin__": "builtins", "copy_reg": "copyreg"}


def renamed(found: Global) -> Global:
    """The global under today's name: Python 3 renamed modules, NumPy 2 moved its core."""
    if found.module in _MOVED:
        return Global(_MOVED[found.module], found.name)
    if found.module == "numpy.core" or found.module.startswith("numpy.core."):
        return Global("numpy._core" + found.module.removeprefix("numpy.core"), found.name)
    return found


def is_known(found: Global, trust: Collection[str] = ()) -> bool:
    """Whether a model may name this.

    Args:
        found: What it names.
        trust: Globals that the user trusts, written as `module.name`.
    """
    if str(found) in trust or found.name in _KNOWN.get(found.module, ()):
        return True
    # A name with a dot leads out of its module: sklearn.base may import os.
    if not found.module.startswith("sklearn.") or "." in found.name:
        return False
    if any(part in _NEVER or part.startswith("_test") for part in found.module.split(".")):
        return False
    return _is_part(found, resolve(found))


def resolve(found: Global) -> Any:
    """What is meant; None when it is not installed here. Call it for known globals only."""
    try:
        value: Any = importlib.import_module(found.module)
        for part in found.name.split("."):
            value = getattr(value, part)
    except (ImportError, AttributeError):
        return None
    return value


def strange_names(file: str, names: Collection[str]) -> str:
    """The refusal of a file that names what is not known, with all of it."""
    return (
        f"{file} names {', '.join(names)}, which no known model needs and which may run any "
        "code, so it was not opened; if you know that the file is good, trust each of them: "
        + " ".join(f"--trust {name}" for name in names)
    )


def idle_trust(file: str, trust: Collection[str], there: Collection[str]) -> list[str]:
    """One fault for each trusted name that the file does not hold."""
    return [
        f"trust '{name}' names nothing in {file} that needs it; leave it out"
        for name in sorted(set(trust) - set(there))
    ]


def _is_part(found: Global, value: Any) -> bool:
    from sklearn.base import BaseEstimator

    part = found.module.startswith(_PARTS)
    if isinstance(value, type):
        own = value.__module__.startswith("sklearn.")
        return own and (issubclass(value, BaseEstimator) or part)
    return part and value is not None and found.name.startswith(_REBUILDERS)
