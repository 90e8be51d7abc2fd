"""The SBOM: valid by the official schema, complete, and the same every time."""

import json
from collections.abc import Sequence
from email.message import Message
from importlib.metadata import Distribution, PackageMetadata
from pathlib import Path
from typing import Any, cast

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from modelport.bundles.digest import RUNTIMES, SERVING
from modelport.bundles.lock import Lock, Locked
from modelport.bundles.sbom import Document, bundle_sbom, licences, sbom_bytes, with_base
from modelport_serving.record import BundleRecord, Origin
from serving.tiny import record as tiny_record
from serving.tiny import signature

ROOT = Path(__file__).parents[2]
SERVED = (*SERVING, *RUNTIMES["onnx"])
DIGEST = "ab" * 32


@pytest.fixture(scope="module")
def packages() -> Sequence[Locked]:
    return Lock(ROOT).packages(SERVED)


@pytest.fixture(scope="module")
def record() -> BundleRecord:
    return tiny_record(signature()).model_copy(update={"requirements": SERVED})


@pytest.fixture(scope="module")
def document(record: BundleRecord, packages: Sequence[Locked]) -> Document:
    return bundle_sbom(record, packages)


def check(document: Document) -> None:
    """Validate with the schema that the library carries."""
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom_bytes(document).decode())
    assert error is None, error


def parts(document: Document) -> dict[str, Any]:
    return {item["bom-ref"]: item for item in document["components"]}


def test_it_is_valid_and_complete(document: Document, packages: Sequence[Locked]) -> None:
    check(document)
    found = parts(document)
    assert set(found) == {"model", "data", *(f"pkg:pypi/{p.name}@{p.version}" for p in packages)}
    [numpy] = [item for item in found.values() if item["name"] == "numpy"]
    [pinned] = [item for item in packages if item.name == "numpy"]
    assert numpy["licenses"][0]["expression"].startswith("BSD-3-Clause")
    [files] = numpy["externalReferences"]
    assert [item["content"] for item in files["hashes"]] == list(pinned.sha256)
    assert len([p for p in found.values() if "licenses" in p]) > 0.9 * len(packages)
    # Every reference leads somewhere, and everything is reached from the bundle.
    graph = {item["ref"]: item.get("dependsOn", []) for item in document["dependencies"]}
    assert set(graph) == {"bundle", *found}
    reached, todo = set[str](), ["bundle"]
    while todo:
        ref = todo.pop()
        todo.extend(set(graph[ref]) - reached)
        reached.add(ref)
    assert reached == set(graph)


def test_a_previous_version_is_a_model_of_its_own(record: BundleRecord) -> None:
    old = record.model_copy(update={"version": "0dd0000000000000", "model_sha256": "cd" * 32})
    document = bundle_sbom(record, (), old)
    check(document)
    found = parts(document)
    assert set(found) == {"model", "data", "previous", "previous-data"}
    assert found["previous"]["version"] == old.version
    assert found["previous"]["hashes"] == [{"alg": "SHA-256", "content": old.model_sha256}]
    graph = {item["ref"]: item.get("dependsOn", []) for item in document["dependencies"]}
    assert graph["bundle"] == ["model", "previous"]
    assert graph["previous"] == ["previous-data"]


def test_the_model_has_its_card(document: Document, record: BundleRecord) -> None:
    model, data = parts(document)["model"], parts(document)["data"]
    assert model["type"] == "machine-learning-model"
    assert model["hashes"] == [{"alg": "SHA-256", "content": record.model_sha256}]
    card = model["modelCard"]
    assert card["modelParameters"]["task"] == "classification"
    assert card["modelParameters"]["datasets"] == [{"ref": "data"}]
    assert data["hashes"] == [{"alg": "SHA-256", "content": record.lineage.data_sha256}]
    scores = {
        (item["slice"], item["type"]): item["value"]
        for item in card["quantitativeAnalysis"]["performanceMetrics"]
    }
    assert scores["held-out", "f1"] == "0.9"
    assert scores["held-out, of a model that ignores its input", "f1"] == "0.5"


def test_an_imported_model_says_so(record: BundleRecord) -> None:
    origin = Origin(file="model.onnx", format="onnx", sha256=DIGEST)
    lineage = record.lineage.model_copy(update={"imported": origin})
    document = bundle_sbom(record.model_copy(update={"lineage": lineage}), ())
    check(document)
    model, data = parts(document)["model"], parts(document)["data"]
    assert "approach" not in model["modelCard"]["modelParameters"]
    facts = {item["name"]: item["value"] for item in model["modelCard"]["properties"]}
    assert facts["modelport:imported:sha256"] == DIGEST
    assert data["description"].startswith("what the imported model was measured on")


def test_it_is_the_same_every_time(record: BundleRecord, packages: Sequence[Locked]) -> None:
    first = sbom_bytes(bundle_sbom(record, packages))
    # Neither when a model was trained nor from which commit is in it: they are not in the digest.
    lineage = record.lineage.model_copy(update={"created": "2031-01-01T00:00:00Z", "commit": "f"})
    assert (
        sbom_bytes(bundle_sbom(record.model_copy(update={"lineage": lineage}), packages)) == first
    )
    assert b"timestamp" not in first
    other = record.model_copy(update={"model_sha256": DIGEST})
    serials = {json.loads(first)["serialNumber"], bundle_sbom(other, packages)["serialNumber"]}
    assert len(serials) == 2


@pytest.mark.parametrize(
    ("image", "name", "version"),
    [
        (
            f"docker.io/library/python@sha256:{DIGEST}",
            "docker.io/library/python",
            f"sha256:{DIGEST}",
        ),
        ("docker.io/library/python:3.11-slim", "docker.io/library/python", "3.11-slim"),
        (f"r.example:5000/a/b:1@sha256:{DIGEST}", "r.example:5000/a/b", f"sha256:{DIGEST}"),
        ("r.example:5000/a/b", "r.example:5000/a/b", "latest"),
    ],
)
def test_an_image_names_its_base(record: BundleRecord, image: str, name: str, version: str) -> None:
    document = bundle_sbom(record, ())
    made = with_base(document, image)
    check(made)
    base = parts(made)["base"]
    assert (base["type"], base["name"], base["version"]) == ("container", name, version)
    assert ("hashes" in base) is ("@" in image)
    assert made["serialNumber"] != document["serialNumber"]
    assert "base" in made["dependencies"][0]["dependsOn"]


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ([("License-Expression", "MIT OR Apache-2.0")], [{"expression": "MIT OR Apache-2.0"}]),
        ([("License", "mit")], [{"expression": "MIT"}]),
        ([("License", "3-Clause BSD License")], [{"license": {"name": "3-Clause BSD License"}}]),
        (
            [("License", "Copyright\n  and so on"), ("Classifier", "License :: OSI Approved :: X")],
            [{"license": {"name": "X"}}],
        ),
        ([("Classifier", "License :: OSI Approved")], []),
        ([], []),
    ],
)
def test_licences_are_expressions_where_they_can_be(
    headers: list[tuple[str, str]], says: list[Document]
) -> None:
    class Installed(Distribution):
        @property
        def metadata(self) -> PackageMetadata:
            message = Message()
            for name, value in headers:
                message[name] = value
            return cast("PackageMetadata", message)

        def read_text(self, filename: str) -> str | None:
            return None

        def locate_file(self, path: Any) -> Any:
            return path

    assert licences(Installed()) == says
