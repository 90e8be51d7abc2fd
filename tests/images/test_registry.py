"""What a registry is asked, with every way of signing in."""

from collections.abc import Iterator
from typing import Any

import pytest

from images.registry_server import DOCKER, INDEX, PASSWORD, USER, RegistryServer, digest_of
from modelport.errors import ServiceError
from modelport.images.login import Login
from modelport.images.registry import Registry

LOGIN = Login(USER, PASSWORD)


@pytest.fixture(params=["basic", "token", "none"])
def server(request: Any) -> Iterator[RegistryServer]:
    made = RegistryServer(request.param)
    yield made
    made.close()


def test_an_image_by_tag_and_by_digest(server: RegistryServer) -> None:
    digest = server.put("one", config={"Labels": {"modelport.bundle": "tiny"}})
    registry = Registry(server.repository, LOGIN)
    by_tag = registry.find("one")
    assert by_tag == registry.find(digest)
    assert by_tag is not None
    assert (by_tag.digest, by_tag.media_type, by_tag.architecture) == (digest, DOCKER, "amd64")
    assert by_tag.labels == {"modelport.bundle": "tiny"}
    assert f"blobs/{by_tag.image_id}" in server.contents
    assert not by_tag.is_list


def test_what_is_not_there(server: RegistryServer) -> None:
    registry = Registry(server.repository, LOGIN)
    assert registry.find("none") is None
    assert registry.find(digest_of(b"")) is None
    assert Registry(f"{server.host}/other", LOGIN).find("none") is None


def test_a_list_of_images_is_known(server: RegistryServer) -> None:
    server.put("many", kind=INDEX)
    found = Registry(server.repository, LOGIN).find("many")
    assert found is not None
    assert found.is_list


def test_another_content_than_the_digest_says(server: RegistryServer) -> None:
    wanted = digest_of(b"something else")
    server.put("one")
    server.contents[f"manifests/{wanted}"] = server.contents["manifests/one"]
    with pytest.raises(ServiceError, match=f"answered sha256:.* for {wanted}"):
        Registry(server.repository, LOGIN).find(wanted)


@pytest.mark.parametrize(
    ("kind", "login", "says"),
    [
        ("basic", None, "wants a login; run: docker login 127.0.0.1"),
        ("token", Login(USER, "wrong"), "refused to sign in: 401"),
        ("basic", Login(USER, "wrong"), "answered 401 for models/tiny/manifests/one"),
    ],
)
def test_a_refused_login(kind: Any, login: Login | None, says: str) -> None:
    server = RegistryServer(kind)
    with pytest.raises(ServiceError, match=says) as caught:
        Registry(server.repository, login).find("one")
    server.close()
    assert "wrong" not in str(caught.value)
    assert PASSWORD not in repr(LOGIN)


def test_a_registry_that_is_not_there(server: RegistryServer) -> None:
    server.close()
    with pytest.raises(ServiceError, match=r"127\.0\.0\.1:\d+ does not answer: ConnectError"):
        Registry(server.repository, LOGIN).find("one")
