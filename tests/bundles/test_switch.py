"""Several models in one bundle: sequence, ensemble and switch, natively and as ONNX."""

from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import RandomForestClassifier, StackingRegressor, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from modelport.bundles.conversion import convert
from modelport_serving.model_switch import ClassifierSwitch, RegressorSwitch
from modelport_serving.onnx_model import OnnxModel

Data = tuple[Any, Any]


@pytest.fixture(scope="module")
def cancer() -> Data:
    return cast("Data", load_breast_cancer(return_X_y=True))


@pytest.fixture(scope="module")
def diabetes() -> Data:
    return cast("Data", load_diabetes(return_X_y=True))


def linear() -> Pipeline:
    return make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression())


def switch(**named: Any) -> ClassifierSwitch:
    branches = [("small", linear()), ("large", linear())]
    given: dict[str, Any] = {"branches": branches, "column": 0, "bounds": [14.0], **named}
    return ClassifierSwitch(**given)


def test_each_row_is_answered_by_its_own_branch(cancer: Data) -> None:
    rows, target = cancer
    model = switch().fit(rows, target)
    small = rows[:, 0].astype(np.float32) <= np.float32(14.0)
    alone = linear().fit(rows[small], target[small])
    np.testing.assert_allclose(
        model.predict_proba(rows[small]), alone.predict_proba(rows[small]), atol=1e-12
    )
    assert model.score(rows, target) > 0.97
    assert not np.allclose(model.predict_proba(rows[~small]), alone.predict_proba(rows[~small]))


def test_rows_without_the_value_are_the_first_branchs(cancer: Data) -> None:
    rows, target = cancer
    model = switch().fit(rows, target)
    missing = rows[-3:].copy()
    missing[:, 0] = np.nan
    first = model.fitted_[0]
    np.testing.assert_array_equal(model.predict_proba(missing), first.predict_proba(missing))


@pytest.mark.parametrize(
    ("model", "data", "precision"),
    [
        (switch(), "cancer", "double"),
        (
            make_pipeline(
                StandardScaler(),
                switch(
                    branches=[
                        ("small", LogisticRegression()),
                        ("large", RandomForestClassifier(10, random_state=0)),
                    ],
                    bounds=[0.1],
                ),
            ),
            "cancer",
            "mixed",
        ),
        (
            RegressorSwitch(
                [("a", Ridge()), ("b", DecisionTreeRegressor(max_depth=4)), ("c", Ridge(2.0))],
                column=2,
                bounds=[-0.02, 0.03],
            ),
            "diabetes",
            "mixed",
        ),
        (
            make_pipeline(
                StandardScaler(),
                VotingClassifier(
                    [("a", LogisticRegression()), ("b", linear())],
                    voting="soft",
                    flatten_transform=False,
                ),
            ),
            "cancer",
            "mixed",
        ),
        (StackingRegressor([("a", Ridge()), ("b", Ridge(3.0))]), "diabetes", "mixed"),
    ],
    ids=["switch", "switch-with-forest", "three-branches", "vote", "stack"],
)
def test_onnx_answers_like_all_of_them(
    model: Any, data: str, precision: str, request: pytest.FixtureRequest
) -> None:
    rows, target = request.getfixturevalue(data)
    fresh: Any = clone(model)
    fitted = fresh.fit(rows, target)
    made = convert(fitted, rows, classifies=data == "cancer")
    assert made.outcome.precision == precision, made.outcome.reason


def test_a_value_at_the_bound_goes_the_same_way_in_both(cancer: Data) -> None:
    rows, target = cancer
    model = switch(bounds=[14.1]).fit(rows, target)  # no float32 is 14.1
    edge = np.repeat(rows[:1], 5, axis=0)
    edge[:, 0] = [
        np.nextafter(14.1, 0), 14.1, np.nextafter(14.1, 15), np.float32(14.1),
        np.nextafter(np.float32(14.1), np.float32(15)),
    ]  # fmt: skip
    made = convert(model, rows, classifies=True)
    assert made.content is not None
    given = OnnxModel(made.content).predict(edge)
    np.testing.assert_allclose(given, model.predict_proba(edge), atol=1e-9)
    assert model.choose(edge).tolist() == [0, 0, 0, 0, 1]


def test_branches_are_searched_by_name(cancer: Data) -> None:
    rows, target = cancer
    wanted = {"small__logisticregression__C": [0.01, 1.0], "bounds": [[13.0], [15.0]]}
    found: Any = GridSearchCV(switch(), wanted, cv=2).fit(rows, target)
    assert set(found.best_params_) == set(wanted)
    assert found.best_estimator_.get_params()["large__logisticregression__C"] == 1.0


@settings(max_examples=25)
@given(
    bounds=st.lists(st.floats(-5, 5), max_size=3, unique=True).map(sorted),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_row_has_one_branch(bounds: list[float], seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(40, 2)) * 4
    branches = [(f"b{index}", Ridge()) for index in range(len(bounds) + 1)]
    chosen = RegressorSwitch(branches, column=1, bounds=bounds).choose(rows)
    assert chosen.min() >= 0
    assert chosen.max() <= len(bounds)
    order = np.argsort(rows[:, 1])
    assert (np.diff(chosen[order]) >= 0).all()


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"bounds": []}, "2 branches need 1 bounds, not 0"),
        (
            {"branches": [("a", linear()), ("b", linear()), ("c", linear())], "bounds": [3.0, 1.0]},
            r"bounds \[3.0, 1.0\] must ascend",
        ),
        ({"branches": [("a", linear()), ("a", linear())]}, "must differ"),
        ({"column": 30}, "column 30 must lie between 0 and 29"),
        ({"bounds": [8.0]}, "branch 'small' has no rows of class 0; move the bounds"),
    ],
)
def test_what_cannot_be_learnt_is_refused(
    cancer: Data, named: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        switch(**named).fit(*cancer)


def test_an_empty_branch_of_values_is_refused(diabetes: Data) -> None:
    model = RegressorSwitch([("a", Ridge()), ("b", Ridge())], column=0, bounds=[9.0])
    with pytest.raises(ValueError, match="branch 'b' has none of the 442 rows"):
        model.fit(*diabetes)


def test_an_unknown_branch_is_named() -> None:
    with pytest.raises(ValueError, match="no branch 'big'; it has small, large"):
        switch().set_params(big__C=1)
