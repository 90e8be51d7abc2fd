"""The client of Heroku's API, and that the Heroku of the tests refuses what Heroku would."""

import httpx
import pytest

from fakes.heroku import FakeHeroku
from fakes.heroku_rules import Refused
from modelport.cloud.heroku import KEY, ForbiddenError, Heroku, NotFoundError, found
from modelport.errors import ServiceError
from provider.heroku_life import A

BUSY = Refused(503, "service_unavailable", "Try again.")
OFTEN = Refused(429, "rate_limit", "Your account reached the API rate limit.")


def make(heroku: FakeHeroku) -> None:
    heroku.state.create_app({"name": "one", "region": "eu", "stack": "container"})


def test_what_comes_too_often_is_repeated(heroku: FakeHeroku) -> None:
    heroku.refusals += [("POST /apps", OFTEN), ("GET /apps/one", BUSY), ("PATCH /apps/one", OFTEN)]
    assert Heroku().post("/apps", {"name": "one"})["name"] == "one"
    assert Heroku().get("/apps/one")["name"] == "one"
    assert Heroku().patch("/apps/one", {"maintenance": True})["maintenance"]
    assert len(heroku.requests) == 6


def test_a_post_that_may_have_been_served_is_not_repeated(heroku: FakeHeroku) -> None:
    heroku.refusals.append(("POST /apps", BUSY))
    with pytest.raises(ServiceError, match=r"service_unavailable: Try again$"):
        Heroku().post("/apps", {"name": "one"})
    heroku.strike("POST /apps", "unanswered", lambda: None)
    with pytest.raises(ServiceError, match="does not answer"):
        Heroku().post("/apps", {"name": "one"})
    assert heroku.requests == ["POST /apps", "POST /apps"]
    assert len(heroku.state.apps) == 1


def test_it_gives_up(heroku: FakeHeroku) -> None:
    heroku.refusals += [("GET", OFTEN)] * 10
    with pytest.raises(ServiceError, match="rate limit; wait some minutes and try again"):
        Heroku().get("/apps/one")
    assert len(heroku.requests) == 6


def test_errors_are_told_apart(heroku: FakeHeroku, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFoundError, match=r"Heroku answered not_found: Couldn't find that app$"):
        Heroku().get("/apps/one")
    assert found(Heroku(), "/apps/one") is None
    make(heroku)
    heroku.state.apps[0].stranger = True
    with pytest.raises(ForbiddenError, match="You do not have access to the app one"):
        Heroku().get("/apps/one")
    monkeypatch.setenv(KEY, "wrong-key")
    with pytest.raises(ServiceError, match=f"set {KEY}") as caught:
        Heroku().get("/apps/one")
    assert "wrong-key" not in str(caught.value)
    monkeypatch.delenv(KEY)
    with pytest.raises(ServiceError, match=f"no key of Heroku is here; set {KEY}"):
        Heroku()


def test_lists_come_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeHeroku(page=3) as fake:
        monkeypatch.setenv("MODELPORT_HEROKU_ENDPOINT", fake.address)
        monkeypatch.setenv(KEY, fake.key)
        make(fake)
        for number in range(8):
            fake.state.update_variables(fake.state.apps[0], {"N": str(number)})
        versions = [item["version"] for item in Heroku().items("/apps/one/releases", "version")]
        assert versions == list(range(10, 0, -1))
        newest = Heroku().items("/apps/one/releases", "version", most=4)
        assert [item["version"] for item in newest] == [10, 9, 8, 7]
        ids = [item["id"] for item in Heroku().items("/apps/one/releases")]
        assert ids == sorted(release.id for release in fake.state.apps[0].releases)


@pytest.mark.parametrize(
    ("method", "path", "body", "variant"),
    [
        ("POST", "/apps", {"name": "Two"}, ""),
        ("POST", "/apps", {"name": "two", "colour": "red"}, ""),
        ("PATCH", "/apps/one/config-vars", {"A-B": "1"}, ""),
        ("PATCH", "/apps/one/config-vars", {"A": 1}, ""),
        ("PATCH", "/apps/one/formation", {"updates": [{"type": "web", "docker_image": A}]}, ""),
        ("PATCH", "/apps/one/formation", {"updates": [{"docker_image": A}]}, ".docker-releases"),
        ("PATCH", "/apps/one/formation", {"updates": [{"type": "web", "size": "Eco"}]}, ""),
        (
            "PATCH",
            "/apps/one/formation",
            {"updates": [{"type": "web", "dyno_size": {"nme": "Eco"}}]},
            "",
        ),
        ("POST", "/apps/one/releases", {"version": 2}, ""),
    ],
)
def test_the_schema_is_held(
    heroku: FakeHeroku, method: str, path: str, body: object, variant: str
) -> None:
    make(heroku)
    headers = {
        "accept": f"application/vnd.heroku+json; version=3{variant}",
        "authorization": f"Bearer {heroku.key}",
    }
    answer = httpx.request(method, heroku.address + path, json=body, headers=headers)
    assert (answer.status_code, answer.json()["id"]) == (422, "invalid_params")


def test_the_version_and_the_key_are_asked_for(heroku: FakeHeroku) -> None:
    url, key = f"{heroku.address}/apps/one", {"authorization": f"Bearer {heroku.key}"}
    assert httpx.get(url, headers=key).status_code == 406
    accept = {"accept": "application/vnd.heroku+json; version=3"}
    assert httpx.get(url, headers=accept).status_code == 401
    assert httpx.get(url, headers=accept | key).status_code == 404
