"""Bundles with a mounted application: the examples, trained, built and served; what is refused."""

import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pytest

from bundles.conftest import ROOT
from modelport.bundles import Training, bento_path, build
from modelport.bundles.digest import bundle_digest, pins
from modelport.config import Gate
from modelport.errors import BundleError
from modelport.home import Home
from modelport_serving.record import BundleRecord
from serving.workers import AUTH, running, settings_file

EXAMPLES = ROOT / "examples" / "bundles"
FLOWER = {
    "sepal length (cm)": 5.1,
    "sepal width (cm)": 3.5,
    "petal length (cm)": 1.4,
    "petal width (cm)": 0.2,
}


def project_of(folder: Path, name: str) -> Path:
    """A project of its own with one of the examples."""
    shutil.copytree(EXAMPLES / name, folder / "bentos" / name)
    return folder


def built(folder: Path, name: str) -> tuple[Path, BundleRecord]:
    home = Home(folder / ".modelport")
    record = build(folder, home, name, Gate())
    return bento_path(home, name, record.version), record


@pytest.mark.parametrize(
    ("name", "carried"),
    [("flask_app", ["flask"]), ("django_app", ["django"]), ("fastapi_app", ["fastapi", "jinja2"])],
)
def test_an_example_is_built_and_answers_programs_and_people(
    tmp_path: Path, name: str, carried: list[str]
) -> None:
    bento, record = built(project_of(tmp_path, name), name)
    pinned = (bento / "env" / "python" / "requirements.txt").read_text()
    for distribution in carried:
        assert f"{distribution}=={version(distribution)}" in pinned
        assert distribution in record.requirements
    assert record.runtime == "onnx"
    assert "scikit-learn" not in record.requirements
    variables = {"MODELPORT_SETTINGS": str(settings_file(tmp_path))}
    with (
        running(bento, tmp_path, variables) as worker,
        httpx.Client(base_url=worker.url, timeout=20) as client,
    ):
        body = {"instances": [FLOWER]}
        assert client.post("/predict", json=body).status_code == 401
        answer = client.post("/predict", json=body, headers=AUTH).json()
        assert answer["predictions"][0]["label"] == "setosa"
        assert "petal width (cm)" in client.get("/").text
        assert "<strong>setosa</strong>" in client.get("/", params=FLOWER).text
        assert client.get("/static/style.css").status_code == 200
        assert client.get("/recent").status_code == 401
        assert client.get("/recent", headers=AUTH).json() == {"recent": ["setosa"]}


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "training.py",
            '("flask",)',
            "()",
            "is made with Flask, which the bundle does not carry; "
            'write service_requirements=("flask",) in training.py',
        ),
        (
            "training.py",
            '("flask",)',
            '("flask", "no-such-thing")',
            "no-such-thing is not installed, but the bundle needs it to serve; install it here",
        ),
        (
            "training.py",
            '("flask",)',
            '("flask>=3",)',
            "holds 'flask>=3', which must be a name alone",
        ),
        ("service.py", "mount=app", 'mount=app, path="/model"', "cannot be mounted at /model"),
        ("service.py", "mount=app", "mount=Bundle", "the mounted application Bundle is a class"),
        ("service.py", "mount=app, ", "", "path and public are about a mounted application"),
        ("service.py", '"/static"', '"static"', "the public prefix 'static' is none"),
    ],
)
def test_what_cannot_serve_is_not_built(
    tmp_path: Path, file: str, old: str, new: str, says: str
) -> None:
    project = project_of(tmp_path, "flask_app")
    path = project / "bentos" / "flask_app" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(BundleError) as refused:
        built(project, "flask_app")
    message = str(refused.value)
    assert says in message
    assert "StartError" not in message
    assert "\n" not in message
    assert not list(tmp_path.glob(".modelport/bentoml/bentos/*/*"))


def training(**more: Any) -> Training:
    return Training(task="regression", data=lambda: None, pipeline=lambda _: None, **more)  # pyright: ignore[reportArgumentType]


def test_what_the_service_needs_is_part_of_the_digest() -> None:
    found = {
        bundle_digest("i", "d", training(**more))
        for more in (
            {},
            {"service_requirements": ("flask",)},
            {"service_requirements": ("flask", "jinja2")},
            {"requirements": ("flask",)},
        )
    }
    assert len(found) == 4
    assert pins(("flask",)) == {"flask": version("flask")}


@pytest.mark.parametrize("key", ["requirements", "service_requirements"])
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("flask", 'write ("flask",)'),
        (("flask==3.1",), "; write 'flask'"),
        (("flask[async]",), "; write 'flask'"),
        ((7,), "must be a name alone"),
        (("",), "must be a name alone"),
    ],
)
def test_requirements_are_names(key: str, given: Any, says: str) -> None:
    with pytest.raises(BundleError) as refused:
        training(**{key: given})
    assert says in str(refused.value)
