"""The resource: when it builds, what it leaves alone, and what it says offline.

`docker` is a stand-in here that pushes what it is told to a real registry of the tests; the real
one is in test_docker.py.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from images.registry_server import DOCKER, INDEX, RegistryServer
from modelport.errors import BundleError, ServiceError
from modelport.home import Home
from modelport.provider.handler import Context
from modelport.provider.model_image import ModelImageHandler, ModelImageInputs
from modelport.provider.offline import OfflineHandler

PROGRAM = """#!{python}
import json, pathlib, re, sys
if sys.argv[1] == "build":
    words = sys.argv[1:]
    file = pathlib.Path(words[-1], "Dockerfile").read_text()
    labels = dict(re.findall(r'([a-z.]+)="([^"]*)"', file.split("LABEL")[1].split("\\n")[0]))
    labels.update([words[words.index("--label") + 1].split("=")])
    said = {{"tag": words[words.index("--tag") + 1], "labels": labels, "words": words}}
    pathlib.Path({said!r}).write_text(json.dumps(said))
elif sys.argv[1] == "push":
    pathlib.Path({pushed!r}).write_text(sys.argv[2])
elif sys.argv[1] != "version":
    sys.exit(1)
"""
IMAGE = {"bundle": "tiny", "version": "00ff00ff00ff00ff"}


class Builder:
    """A registry, and a `docker` whose pushes arrive in it."""

    def __init__(self, folder: Path) -> None:
        self.server = RegistryServer("none")
        self.kind = DOCKER
        self.architecture = "amd64"
        self._said, self._pushed = folder / "said", folder / "pushed"
        program = folder / "docker"
        program.write_text(
            PROGRAM.format(python=sys.executable, said=str(self._said), pushed=str(self._pushed))
        )
        program.chmod(0o755)
        answer = self.server.answer

        def arriving(path: str, authorization: str) -> tuple[int, dict[str, str], bytes]:
            self._arrive()
            return answer(path, authorization)

        self.server.answer = arriving

    def _arrive(self) -> None:
        if self._pushed.exists():
            said = json.loads(self._said.read_text())
            assert self._pushed.read_text() == said["tag"]
            self.server.put(
                said["tag"].rpartition(":")[2],
                kind=self.kind,
                config={"Labels": said["labels"]},
                architecture=self.architecture,
            )
            self._pushed.unlink()

    @property
    def built(self) -> list[str]:
        """The words of the last build; it is forgotten."""
        words: list[str] = json.loads(self._said.read_text())["words"]
        self._said.unlink()
        return words

    @property
    def idle(self) -> bool:
        return not self._said.exists()

    @property
    def tags(self) -> set[str]:
        names = (name.partition("/") for name in self.server.contents)
        return {tag for what, _, tag in names if what == "manifests" and ":" not in tag}


@pytest.fixture
def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Builder]:
    made = Builder(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    yield made
    made.server.close()


@pytest.fixture
def context(home: Home) -> Context:
    return Context(home, lambda _: None)


def inputs(builder: Builder, **changes: Any) -> ModelImageInputs:
    fields = {**IMAGE, "repository": builder.server.repository, "registry": "docker", **changes}
    return ModelImageInputs.model_validate(fields)


HANDLER = ModelImageHandler()


def test_it_is_built_once(builder: Builder, context: Context) -> None:
    wanted = inputs(builder)
    resource_id, outputs = HANDLER.create(context, wanted)
    assert resource_id == builder.server.repository
    assert outputs["reference"] == f"{builder.server.repository}@{outputs['digest']}"
    assert outputs["image_id"].startswith("sha256:")
    assert outputs["verified"].startswith("built and pushed")
    words = builder.built
    assert words[words.index("--platform") + 1] == "linux/amd64"
    # A second resource, or the same one after a lost update, finds it.
    again = HANDLER.create(context, wanted)[1]
    assert again == outputs | {"verified": again["verified"]}
    assert again["verified"].startswith("was in the registry")
    assert builder.idle
    assert HANDLER.read(context, resource_id, wanted, outputs) == outputs


def test_an_image_that_is_gone_is_gone(builder: Builder, context: Context) -> None:
    wanted = inputs(builder)
    resource_id, outputs = HANDLER.create(context, wanted)
    builder.server.contents.clear()
    assert HANDLER.read(context, resource_id, wanted, outputs) is None


def test_other_content_gets_a_tag_of_its_own(builder: Builder, context: Context) -> None:
    old = inputs(builder)
    resource_id, first = HANDLER.create(context, old)
    new = inputs(builder, base_image="python:3.11-slim-bookworm")
    second = HANDLER.update(context, resource_id, old, new, first)
    assert second["digest"] != first["digest"]
    assert builder.tags > {"00ff00ff00ff00ff"}
    assert len(builder.tags) == 2
    # What runs the old one still finds it, also when the resource goes.
    HANDLER.delete(context, resource_id, new)
    assert HANDLER.read(context, resource_id, old, first) == first
    assert builder.built
    assert HANDLER.update(context, resource_id, old, new, second)["digest"] == second["digest"]
    assert builder.idle


def test_a_named_tag_is_taken_over(builder: Builder, context: Context) -> None:
    builder.server.put("latest")
    outputs = HANDLER.create(context, inputs(builder, tag="latest"))[1]
    assert builder.tags == {"latest"}
    assert builder.built
    assert HANDLER.create(context, inputs(builder, tag="latest"))[1]["digest"] == outputs["digest"]
    assert builder.idle


def test_a_list_of_images_is_refused(builder: Builder, context: Context) -> None:
    builder.kind = INDEX
    with pytest.raises(ServiceError, match="became a list of images instead of one image"):
        HANDLER.create(context, inputs(builder))


def test_an_image_of_another_architecture_is_refused(builder: Builder, context: Context) -> None:
    builder.architecture = "arm64"
    with pytest.raises(ServiceError, match="is for arm64 instead of amd64; name a base image"):
        HANDLER.create(context, inputs(builder))


def test_a_bundle_that_is_not_built(builder: Builder, context: Context) -> None:
    with pytest.raises(BundleError, match="bundle tiny@ff cannot be read"):
        HANDLER.create(context, inputs(builder, version="ff"))
    assert builder.idle


@pytest.mark.parametrize(
    "change",
    [
        {"repository": "cancer"},
        {"repository": "https://registry.example.com/cancer"},
        {"repository": "registry.example.com/cancer:1"},
        {"repository": "registry.example.com/Cancer"},
        {"tag": "-x"},
        {"registry": "quay"},
        {"adapter": "wsgi"},
        {"architecture": "riscv64"},
    ],
)
def test_what_is_no_image(change: dict[str, str]) -> None:
    good = {**IMAGE, "repository": "registry.example.com/models/cancer", "registry": "docker"}
    assert ModelImageInputs.model_validate(good)
    with pytest.raises(ValueError, match=next(iter(change))):
        ModelImageInputs.model_validate(good | change)


def test_offline_digests_are_marked_and_steady(home: Home) -> None:
    handler = OfflineHandler(HANDLER)
    context = Context(home, lambda _: None)
    good = {**IMAGE, "repository": "registry.example.com/models/cancer", "registry": "ecr"}
    wanted = ModelImageInputs.model_validate(good)
    resource_id, outputs = handler.create(context, wanted)
    assert resource_id == "offline:registry.example.com/models/cancer"
    assert outputs["digest"].startswith("sha256:0ff11e")
    assert len(outputs["digest"]) == len("sha256:") + 64
    assert outputs["verified"] == "not verified (offline)"
    assert handler.create(context, wanted)[1] == outputs
    other = wanted.model_copy(update={"version": "11" * 8})
    assert (
        handler.update(context, resource_id, wanted, other, outputs)["digest"]
        != (outputs["digest"])
    )
    assert HANDLER.replaces == frozenset()
