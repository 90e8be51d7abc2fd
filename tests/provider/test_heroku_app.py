"""The resource type of apps, against a Heroku that checks what it gets."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from fakes.heroku import FakeHeroku, Moment
from fakes.heroku_rules import Refused
from fakes.heroku_state import App
from modelport.errors import ServiceError
from modelport.provider.handler import Context
from modelport.provider.offline import OfflineHandler
from provider.heroku_life import APPS, NAME, RELEASES, VARIABLES, app_inputs, release, variables

TESTS = Path(__file__).parents[1]


def only(heroku: FakeHeroku) -> App:
    (app,) = heroku.state.apps
    return app


def test_life(heroku: FakeHeroku, context: Context) -> None:
    inputs = app_inputs()
    made, outputs = APPS.create(context, inputs)
    app = only(heroku)
    assert made == outputs["app_id"] == app.id
    assert (app.name, app.region, app.stack, app.team) == (NAME, "eu", "container", None)
    assert outputs["repository"] == f"registry.heroku.com/{NAME}/web"
    assert outputs["web_url"].startswith(f"https://{NAME}-")
    assert app.newest.variables == {"MODELPORT_DEPLOYMENT": "prod/cancer"}
    assert APPS.read(context, made, inputs, outputs) == outputs
    assert APPS.drift(context, made, inputs, outputs) == frozenset()

    closed = app_inputs(maintenance=True, acm=True)
    APPS.update(context, made, inputs, closed, outputs)
    assert (app.maintenance, app.acm) == (True, True)
    APPS.update(context, made, closed, app_inputs(acm=False), outputs)
    assert (app.maintenance, app.acm) == (False, False)

    APPS.delete(context, made, inputs)
    assert heroku.state.apps == []
    assert APPS.read(context, made, inputs, outputs) is None
    APPS.delete(context, made, inputs)


def test_a_team_owns_it(heroku: FakeHeroku, context: Context) -> None:
    APPS.create(context, app_inputs(team="diagnostics"))
    assert only(heroku).team == "diagnostics"
    assert "POST /teams/apps" in heroku.requests


@pytest.mark.parametrize("moment", ["unanswered", "lost"])
@pytest.mark.parametrize("request_", ["POST /apps$", "PATCH /apps/.*/config-vars$"])
def test_a_killed_creation_is_finished_by_the_next(
    heroku: FakeHeroku, context: Context, tmp_path: Path, request_: str, moment: Moment
) -> None:
    victims: list[subprocess.Popen[bytes]] = []
    heroku.strike(request_, moment, lambda: victims[0].kill())
    victims.append(
        subprocess.Popen(
            [sys.executable, "-m", "provider.heroku_life", str(tmp_path)],
            env={**os.environ, "PYTHONPATH": str(TESTS)},
        )
    )
    assert victims[0].wait(60) == -signal.SIGKILL
    made, _ = APPS.create(context, app_inputs())
    app = only(heroku)
    assert made == app.id
    assert app.newest.variables == {"MODELPORT_DEPLOYMENT": "prod/cancer"}
    assert not list(tmp_path.rglob("heroku-app"))


def test_one_that_bears_our_mark_is_taken_over(heroku: FakeHeroku, context: Context) -> None:
    made, _ = APPS.create(context, app_inputs())
    again, _ = APPS.create(context, app_inputs(maintenance=True))
    assert again == made
    assert only(heroku).maintenance


def test_an_app_of_another_account_is_left_alone(heroku: FakeHeroku, context: Context) -> None:
    heroku.state.apps.append(App(NAME, "us", "heroku-24", None, stranger=True))
    with pytest.raises(ServiceError, match=f"'{NAME}' is taken by another account"):
        APPS.create(context, app_inputs())


def test_an_app_without_our_mark_is_left_alone(heroku: FakeHeroku, context: Context) -> None:
    heroku.state.create_app({"name": NAME, "region": "eu", "stack": "container"})
    with pytest.raises(ServiceError, match="not marked as ours") as caught:
        APPS.create(context, app_inputs())
    assert "heroku config:set MODELPORT_DEPLOYMENT=prod/cancer" in str(caught.value)
    assert only(heroku).newest.variables == {}


def test_begun_here_but_used_by_somebody_since(
    heroku: FakeHeroku, context: Context, tmp_path: Path
) -> None:
    """The name was free when we began, and somebody else made the app before us."""
    heroku.state.create_app({"name": NAME, "region": "eu", "stack": "container"})
    heroku.state.update_variables(only(heroku), {"THEIRS": "1"})
    note = tmp_path / ".modelport" / "prod" / "cancer" / "heroku-app"
    note.parent.mkdir(parents=True)
    note.write_text(NAME)
    with pytest.raises(ServiceError, match="not marked as ours"):
        APPS.create(context, app_inputs())


def test_another_deployments_app_is_left_alone(heroku: FakeHeroku, context: Context) -> None:
    APPS.create(context, app_inputs(deployment="prod/heart"))
    with pytest.raises(ServiceError, match="is the deployment prod/heart's"):
        APPS.create(context, app_inputs())
    assert only(heroku).newest.variables == {"MODELPORT_DEPLOYMENT": "prod/heart"}


def test_one_of_ours_elsewhere_is_not_taken_over(heroku: FakeHeroku, context: Context) -> None:
    APPS.create(context, app_inputs(region="us"))
    with pytest.raises(ServiceError, match="with region us, not eu"):
        APPS.create(context, app_inputs())


def test_what_cannot_be_finished_leaves_nothing(heroku: FakeHeroku, context: Context) -> None:
    heroku.refusals.append(("PATCH .*/config-vars", Refused(422, "invalid_params", "No.")))
    with pytest.raises(ServiceError, match=r"Heroku answered invalid_params: No$"):
        APPS.create(context, app_inputs())
    assert heroku.state.apps == []


def test_a_namesake_is_not_ours(heroku: FakeHeroku, context: Context) -> None:
    made, outputs = APPS.create(context, app_inputs())
    heroku.state.apps.clear()
    heroku.state.create_app({"name": NAME, "region": "eu", "stack": "container"})
    assert APPS.read(context, made, app_inputs(), outputs) is None
    APPS.delete(context, made, app_inputs())
    assert only(heroku).name == NAME


def test_drift(heroku: FakeHeroku, context: Context) -> None:
    inputs = app_inputs()
    made, outputs = APPS.create(context, inputs)
    app = only(heroku)
    app.maintenance = True
    heroku.state.update_variables(app, {"MODELPORT_DEPLOYMENT": None})
    seen = APPS.read(context, made, inputs, outputs)
    assert seen is not None
    assert (seen["maintenance"], seen["deployment"]) == (True, "")
    assert APPS.drift(context, made, inputs, seen) == {"maintenance", "deployment"}
    APPS.update(context, made, inputs, inputs, seen)
    assert APPS.read(context, made, inputs, seen) == outputs


def test_names_that_heroku_refuses_are_refused_here() -> None:
    for name in ("Cancer", "c", "1cancer", "cancer-", "c" * 31):
        with pytest.raises(ValidationError):
            app_inputs(name=name)


@pytest.mark.parametrize(
    ("handler", "inputs"),
    [(APPS, app_inputs()), (VARIABLES, variables({"LOG": "json"})), (RELEASES, release())],
)
def test_offline_nobody_is_asked(context: Context, handler: Any, inputs: Any) -> None:
    made, outputs = OfflineHandler(handler).create(context, inputs)
    assert made.startswith("offline:")
    assert OfflineHandler(handler).create(context, inputs) == (made, outputs)
    assert outputs.get("web_url", "https://offline.invalid/").endswith("offline.invalid/")


def test_an_id_that_was_invented_is_marked() -> None:
    assert APPS.offline_id(app_inputs()).startswith("0ff11e")
    assert APPS.invented(app_inputs())["app_id"] == APPS.offline_id(app_inputs())
