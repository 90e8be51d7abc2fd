"""The resource type of releases, against a Heroku whose releases fail and whose dynos crash."""

from typing import Any

import pytest

from fakes.heroku import FakeHeroku
from fakes.heroku_state import App
from modelport.errors import ServiceError
from modelport.provider.handler import Context
from provider.heroku_life import (
    APPS,
    NAME,
    RELEASES,
    VARIABLES,
    A,
    B,
    C,
    app_inputs,
    release,
    variables,
)


@pytest.fixture
def app(heroku: FakeHeroku, context: Context) -> App:
    """An app with a config var, to which nothing was released."""
    APPS.create(context, app_inputs())
    VARIABLES.create(context, variables({"LOG": "json"}))
    return heroku.state.apps[0]


def live(heroku: FakeHeroku, app: App) -> tuple[str, list[str]]:
    """The image that is live, and the states of its dynos."""
    states = [dyno["state"] for dyno in heroku.state.dynos(app)]
    return app.current.images.get("web", ""), states


def test_life(heroku: FakeHeroku, app: App, context: Context) -> None:
    old = release(A)
    made, first = RELEASES.create(context, old)
    assert made == f"{NAME}/web"
    assert first["release"] == app.newest.version == 5
    assert first["web_url"].startswith(f"https://{NAME}-")
    assert live(heroku, app) == (A, ["up"])
    assert RELEASES.read(context, made, old, first) == first

    new = release(B, quantity=2, size="standard-1x")
    second = RELEASES.update(context, made, old, new, first)
    assert second["release"] == 6
    assert live(heroku, app) == (B, ["up", "up"])
    assert app.formation["web"]["size"] == "Standard-1X"
    assert RELEASES.read(context, made, new, second) == second

    back = RELEASES.update(context, made, new, old, second)  # to the earlier model
    assert live(heroku, app) == (A, ["up"])
    versions = [item["version"] for item in back["releases"]]
    assert versions == [old.version, new.version, old.version]

    RELEASES.delete(context, made, old)
    assert app.formation == {}
    assert RELEASES.read(context, made, old, back) is None
    RELEASES.delete(context, made, old)
    heroku.state.apps.clear()
    assert RELEASES.read(context, made, old, back) is None
    RELEASES.delete(context, made, old)


def test_the_image_goes_by_the_variant_and_the_scale_by_the_published_schema(
    heroku: FakeHeroku, app: App, context: Context
) -> None:
    RELEASES.create(context, release(A, quantity=3))
    assert heroku.requests.count(f"PATCH /apps/{NAME}/formation") == 2
    count = len(app.releases)
    RELEASES.update(context, "id", release(A, quantity=3), release(A, quantity=0), {})
    assert len(app.releases) == count  # scaling makes no release
    assert live(heroku, app) == (A, [])


def test_a_slow_release_is_waited_for(heroku: FakeHeroku, app: App, context: Context) -> None:
    heroku.state.release_seconds, heroku.state.boot_seconds = 0.15, 1.0
    statuses: list[str] = []
    RELEASES.create(Context(context.home, statuses.append), release(A))
    assert live(heroku, app) == (A, ["up"])
    assert "release v5 is pending" in statuses
    assert "0 of 1 dynos of v5 are up" in statuses


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("failing", "release v6 of mp-cancer-prod failed"),
        ("crashing", " of mp-cancer-prod crashed with release v6"),
    ],
)
def test_what_does_not_come_up_is_rolled_back(
    heroku: FakeHeroku, app: App, context: Context, where: str, why: str
) -> None:
    _, first = RELEASES.create(context, release(A, quantity=2))
    getattr(heroku.state, where).add(B)
    wanted = release(B, quantity=4, size="standard-2x")
    with pytest.raises(ServiceError) as caught:
        RELEASES.update(context, "id", release(A, quantity=2), wanted, first)
    assert why in str(caught.value)
    assert str(caught.value).endswith("; v5 is live again")
    assert app.newest.description == "Rollback to v5"
    assert live(heroku, app) == (A, ["up", "up"])
    assert app.formation["web"]["size"] == "Basic"
    assert app.current.variables["LOG"] == "json"
    seen = RELEASES.read(context, "id", release(A, quantity=2), first) or {}
    assert RELEASES.drift(context, "id", release(A, quantity=2), seen) == frozenset()

    getattr(heroku.state, where).clear()  # the same image, mended: it is tried again
    RELEASES.update(context, "id", release(A, quantity=2), wanted, first)
    assert live(heroku, app) == (B, ["up"] * 4)


@pytest.mark.parametrize("where", ["failing", "crashing"])
def test_a_first_release_that_fails_leaves_nothing(
    heroku: FakeHeroku, app: App, context: Context, where: str
) -> None:
    getattr(heroku.state, where).add(A)
    with pytest.raises(ServiceError, match="nothing was live before, and its dynos are stopped"):
        RELEASES.create(context, release(A))
    assert app.formation == {}
    assert heroku.state.dynos(app) == []


def test_dynos_that_stay_away(heroku: FakeHeroku, app: App, context: Context) -> None:
    heroku.state.boot_seconds = 60
    with pytest.raises(ServiceError, match=r"0 of 1 dynos .* after 0 s; see why: heroku logs"):
        RELEASES.create(context, release(A, start_timeout=0.1))


def test_a_size_that_is_not_there_changes_nothing(
    heroku: FakeHeroku, app: App, context: Context
) -> None:
    _, first = RELEASES.create(context, release(A))
    with pytest.raises(ServiceError, match=r"No such dyno size: huge; number and size .* before"):
        RELEASES.update(context, "id", release(A), release(A, size="huge"), first)
    with pytest.raises(ServiceError, match="No such dyno size: huge; v5 is live again"):
        RELEASES.update(context, "id", release(A), release(B, size="huge"), first)
    assert live(heroku, app) == (A, ["up"])


def test_what_a_killed_update_left_is_taken_over(
    heroku: FakeHeroku, app: App, context: Context
) -> None:
    heroku.state.release_seconds = 0.1
    heroku.state.update_formation(app, [{"type": "web", "docker_image": A}])
    RELEASES.create(context, release(A))
    assert heroku.state.accepted.count(f"{NAME}: Deployed web ({'a' * 12})") == 1
    # The next one was killed after it had released an image that crashes.
    heroku.state.crashing.add(B)
    heroku.state.update_formation(app, [{"type": "web", "docker_image": B}])
    with pytest.raises(ServiceError, match=r"crashed .*; v5 is live again"):
        RELEASES.update(context, "id", release(A), release(B), {})
    assert live(heroku, app) == (A, ["up"])


def test_drift(heroku: FakeHeroku, app: App, context: Context) -> None:
    inputs = release(A)
    made, outputs = RELEASES.create(context, inputs)

    def drift() -> tuple[dict[str, Any], frozenset[str]]:
        seen = RELEASES.read(context, made, inputs, outputs) or {}
        return seen, RELEASES.drift(context, made, inputs, seen)

    heroku.state.update_variables(app, {"LOG": "text"})
    assert drift()[1] == frozenset()  # another release, the same image
    heroku.state.update_formation(app, [{"type": "web", "docker_image": C}])
    heroku.state.update_formation(
        app, [{"type": "web", "quantity": 3, "dyno_size": {"name": "Eco"}}]
    )
    seen, changed = drift()
    assert changed == {"image", "quantity", "size"}
    assert (seen["image"], seen["quantity"], seen["size"]) == ("sha256:" + "c" * 12, 3, "eco")
    RELEASES.update(context, made, inputs, release(A, size="BASIC"), seen)
    assert drift()[1] == frozenset()
    assert live(heroku, app) == (A, ["up"])
    heroku.state.roll_back(app, {"release": app.releases[6].id})  # to the one with C
    assert drift()[0]["image"] == "sha256:" + "c" * 12
