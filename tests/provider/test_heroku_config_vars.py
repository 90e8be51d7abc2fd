"""The resource type of config vars, against a Heroku that checks what it gets."""

import pytest
from pydantic import ValidationError

from fakes.heroku import FakeHeroku
from fakes.heroku_rules import Refused
from fakes.heroku_state import App
from modelport.errors import ServiceError
from modelport.provider.handler import Context
from provider.heroku_life import APPS, RELEASES, VARIABLES, A, app_inputs, release, variables

MARK = {"MODELPORT_DEPLOYMENT": "prod/cancer"}


@pytest.fixture
def app(heroku: FakeHeroku, context: Context) -> App:
    """An app that nothing was released to."""
    APPS.create(context, app_inputs())
    return heroku.state.apps[0]


@pytest.fixture
def live(app: App, context: Context) -> App:
    """The same with a dyno that is up."""
    VARIABLES.create(context, variables({"LOG": "json"}))
    RELEASES.create(context, release(A))
    return app


def test_life(heroku: FakeHeroku, app: App, context: Context) -> None:
    heroku.state.update_variables(app, {"THEIRS": "1"})
    old = variables({"LOG": "json", "KEY": "k-123456"})
    made, outputs = VARIABLES.create(context, old)
    assert outputs == {"names": ["KEY", "LOG"]}
    assert app.newest.variables == {**MARK, "THEIRS": "1", **old.values}
    count = len(app.releases)
    VARIABLES.create(context, old)  # a killed one is made again
    assert len(app.releases) == count

    new = variables({"LOG": "text", "MORE": "x"})
    VARIABLES.update(context, made, old, new, outputs)
    assert app.newest.variables == {**MARK, "THEIRS": "1", **new.values}
    assert len(app.releases) == count + 1

    VARIABLES.delete(context, made, new)
    assert app.newest.variables == {**MARK, "THEIRS": "1"}
    VARIABLES.delete(context, made, new)
    heroku.state.apps.clear()
    VARIABLES.delete(context, made, new)
    assert VARIABLES.read(context, made, new, outputs) is None


def test_drift_is_seen_and_healed(heroku: FakeHeroku, app: App, context: Context) -> None:
    inputs = variables({"LOG": "json", "KEY": "k-123456"})
    made, outputs = VARIABLES.create(context, inputs)
    seen = VARIABLES.read(context, made, inputs, outputs) or {}
    assert VARIABLES.drift(context, made, inputs, seen) == frozenset()
    heroku.state.update_variables(app, {"LOG": "text", "KEY": None, "THEIRS": "1"})
    seen = VARIABLES.read(context, made, inputs, outputs) or {}
    assert seen["values"] == {"LOG": "text"}
    assert VARIABLES.drift(context, made, inputs, seen) == {"values"}
    VARIABLES.update(context, made, inputs, inputs, seen)
    assert app.newest.variables == {**MARK, "THEIRS": "1", **inputs.values}


def test_dynos_are_waited_for(heroku: FakeHeroku, live: App, context: Context) -> None:
    heroku.state.boot_seconds = 0.2
    VARIABLES.update(context, "id", variables({"LOG": "json"}), variables({"LOG": "text"}), {})
    assert [dyno["state"] for dyno in heroku.state.dynos(live)] == ["up"]


def test_values_that_dynos_do_not_bear_are_taken_back(
    heroku: FakeHeroku, live: App, context: Context
) -> None:
    heroku.state.crashing.add("LOG=bad-value")
    old, new = variables({"LOG": "json"}), variables({"LOG": "bad-value", "NEW": "1"})
    with pytest.raises(ServiceError, match=r"dyno web\.1 .* crashed") as caught:
        VARIABLES.update(context, "id", old, new, {})
    assert str(caught.value).endswith("the config vars from before are set again")
    assert "bad-value" not in str(caught.value)
    assert live.newest.variables == {**MARK, "LOG": "json"}
    assert [dyno["state"] for dyno in heroku.state.dynos(live)] == ["up"]


def test_values_stay_out_of_errors(heroku: FakeHeroku, app: App, context: Context) -> None:
    said = f"The value s3cr3t-value is no good, nor is {heroku.key}."
    heroku.refusals.append(("PATCH .*/config-vars", Refused(422, "invalid_params", said)))
    with pytest.raises(ServiceError) as caught:
        VARIABLES.create(context, variables({"KEY": "s3cr3t-value"}))
    assert "The value [hidden] is no good, nor is [hidden]" in str(caught.value)
    with pytest.raises(ValidationError) as refused:
        variables({"KEY": "s3cr3t-value", "PORT": "8080"})
    assert "PORT cannot be set" in str(refused.value)
    assert "s3cr3t-value" not in str(refused.value)
    assert "values" in VARIABLES.secret
    statuses: list[str] = []
    VARIABLES.create(Context(context.home, statuses.append), variables({"KEY": "s3cr3t-value"}))
    assert statuses
    assert "s3cr3t-value" not in str(statuses)


@pytest.mark.parametrize("name", ["A-B", "", "A B", "MODELPORT_DEPLOYMENT", "Ä"])
def test_names_that_cannot_be_set(name: str) -> None:
    with pytest.raises(ValidationError):
        variables({name: "1"})
