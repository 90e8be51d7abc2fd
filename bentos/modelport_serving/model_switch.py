"""Switch: several models behind one signature, each for the rows that it knows best.

A bundle holds one scikit-learn estimator, and that may be made of many: a `Pipeline` is a sequence,
a `VotingClassifier` or a `StackingRegressor` an ensemble. A switch is what scikit-learn lacks. It
is searched (`small__C`), measured, gated and converted to ONNX as one model:

    ClassifierSwitch(
        [("small", LogisticRegression()), ("large", RandomForestClassifier())],
        column=3, bounds=[15.0],
    )

The first learns from, and answers, rows whose fourth column is at most 15 or missing; the second
all others.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _Switch(BaseEstimator):
    """What both kinds share.

    Args:
        branches: Names and unfitted estimators, in the order of their rows' values.
        column: Index of the deciding column in the matrix that the switch is given.
        bounds: Ascending, one fewer than branches: the largest value of each branch but the last,
            compared as float32.
    """

    def __init__(
        self, branches: Sequence[tuple[str, Any]], column: int, bounds: Sequence[float]
    ) -> None:
        self.branches = branches
        self.column = column
        self.bounds = bounds

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - scikit-learn's
        """Parameters; with `deep` those of branches too: `<branch>` and `<branch>__<name>`."""
        found: dict[str, Any] = {
            "branches": self.branches,
            "column": self.column,
            "bounds": self.bounds,
        }
        for name, branch in self.branches if deep else ():
            found[name] = branch
            nested: dict[str, Any] = branch.get_params(deep=True)
            found |= {f"{name}__{key}": value for key, value in nested.items()}
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters, also those of branches."""
        own = {key: params.pop(key) for key in ("branches", "column", "bounds") if key in params}
        for key, value in own.items():
            setattr(self, key, value)
        branches = dict(self.branches)
        for key, value in params.items():
            name, _, rest = key.partition("__")
            if name not in branches:
                known = ", ".join(branches)
                raise ValueError(f"the switch has no branch {name!r}; it has {known}")
            if rest:
                branches[name].set_params(**{rest: value})
            else:
                branches[name] = value
        self.branches = list(branches.items())
        return self

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 - scikit-learn's name
        """Fit each branch on its own rows.

        Raises:
            ValueError: the bounds do not fit the branches, or a branch has nothing to learn from.
        """
        rows, target = np.asarray(X), np.asarray(y)
        self._check(rows)
        self.n_features_in_ = rows.shape[1]
        chosen = self.choose(rows)
        self.fitted_: list[Any] = []
        for index, (name, branch) in enumerate(self.branches):
            mine = chosen == index
            self._check_branch(name, target, target[mine])
            fresh: Any = clone(branch)
            self.fitted_.append(fresh.fit(rows[mine], target[mine]))
        return self

    def choose(self, rows: "NDArray[Any]") -> "NDArray[np.int64]":
        """Index of the branch of each row; shape (rows,)."""
        # As float32, like the thresholds of trees, so that ONNX decides alike whatever it computes
        # in. A comparison with NaN is false: a row without the value belongs to the first branch.
        values = rows[:, self.column].astype(np.float32)
        chosen = np.zeros(len(rows), dtype=np.int64)
        for bound in self.bounds:
            chosen += values > np.float32(bound)
        return chosen

    def _answer(self, method: str, X: Any, width: tuple[int, ...]) -> "NDArray[Any]":  # noqa: N803
        rows = np.asarray(X)
        chosen = self.choose(rows)
        answers = np.zeros((len(rows), *width))
        for index, branch in enumerate(self.fitted_):
            mine = chosen == index
            if mine.any():
                answers[mine] = getattr(branch, method)(rows[mine])
        return answers

    def _check(self, rows: "NDArray[Any]") -> None:
        names = [name for name, _ in self.branches]
        bounds = list(self.bounds)
        faults: list[str] = []
        if len(bounds) != len(names) - 1:
            faults.append(f"{len(names)} branches need {len(names) - 1} bounds, not {len(bounds)}")
        if bounds != sorted(set(bounds)):
            faults.append(f"bounds {bounds} must ascend")
        if len(set(names)) != len(names) or any("__" in name for name in names):
            faults.append(f"names of branches {names} must differ and hold no '__'")
        if not 0 <= self.column < rows.shape[1]:
            faults.append(f"column {self.column} must lie between 0 and {rows.shape[1] - 1}")
        if faults:
            raise ValueError("; ".join(faults))

    def _check_branch(self, name: str, target: "NDArray[Any]", mine: "NDArray[Any]") -> None:
        raise NotImplementedError


class ClassifierSwitch(ClassifierMixin, _Switch):
    """A switch between classifiers, each of which must have seen every class."""

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 - scikit-learn's name
        """Fit each branch on its own rows."""
        self.classes_ = np.unique(np.asarray(y))
        return super().fit(X, y)

    def predict_proba(self, X: Any) -> "NDArray[Any]":  # noqa: N803 - scikit-learn's name
        """Probabilities of shape (rows, classes)."""
        return self._answer("predict_proba", X, (len(self.classes_),))

    def predict(self, X: Any) -> "NDArray[Any]":  # noqa: N803 - scikit-learn's name
        """The likeliest class of each row; shape (rows,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _check_branch(self, name: str, target: "NDArray[Any]", mine: "NDArray[Any]") -> None:
        if missing := sorted(set(target.tolist()) - set(mine.tolist())):
            raise ValueError(
                f"branch {name!r} has no rows of class {', '.join(map(str, missing))}; move the "
                "bounds, or give it fewer rows to tell apart"
            )


class RegressorSwitch(RegressorMixin, _Switch):
    """A switch between regressors."""

    def predict(self, X: Any) -> "NDArray[Any]":  # noqa: N803 - scikit-learn's name
        """The value of each row; shape (rows,)."""
        return self._answer("predict", X, ())

    def _check_branch(self, name: str, target: "NDArray[Any]", mine: "NDArray[Any]") -> None:
        if not len(mine):
            raise ValueError(f"branch {name!r} has none of the {len(target)} rows; move the bounds")
