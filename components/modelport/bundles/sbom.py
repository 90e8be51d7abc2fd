"""SBOM: what a bundle is made of, as CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/).

Libraries with versions, hashes and licences, the model with its card, the data behind it; an image
adds what it is built on. Nothing in it is by chance: the serial number is derived from the content,
and there is no time. It is plain data, because `cyclonedx-python-lib` 11 has no model cards; the
tests validate it with the schema which that library carries.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any
from uuid import UUID

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from modelport.bundles.lock import Locked
from modelport_serving.record import PREVIOUS, BundleRecord

SBOM_FILE = "sbom.cdx.json"
"""Its name beside the bundle's record."""
Document = dict[str, Any]
_BUNDLE, _MODEL, _DATA, _BASE = "bundle", "model", "data", "base"
"""How the parts refer to each other; libraries by their package URL."""
_CLASSIFIER = "License :: "


def bundle_sbom(
    record: BundleRecord, packages: Sequence[Locked], previous: BundleRecord | None = None
) -> Document:
    """The SBOM of a bundle.

    Args:
        record: The bundle.
        packages: All libraries that serve it; their licences are read where they are installed.
        previous: The earlier version whose model it carries too.
    """
    direct = sorted(_purl(item) for item in packages if item.name in record.requirements)
    models = [(record, _MODEL), *([(previous, PREVIOUS)] if previous else [])]
    urls = {item.name: _purl(item) for item in packages}
    document: Document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "build"}],
            "tools": {"components": [{"type": "application", "name": "modelport"}]},
            "component": {
                "type": "application",
                "bom-ref": _BUNDLE,
                "name": record.name,
                "version": record.version,
            },
        },
        "components": [
            *(part for each, name in models for part in (_model(each, name), _data(each, name))),
            *(_library(item) for item in packages),
        ],
        "dependencies": [
            {"ref": _BUNDLE, "dependsOn": [*(name for _, name in models), *direct]},
            *({"ref": name, "dependsOn": [_data_ref(name)]} for _, name in models),
            *({"ref": _data_ref(name)} for _, name in models),
            *(
                {"ref": _purl(item), "dependsOn": sorted(urls[name] for name in item.needs)}
                for item in packages
            ),
        ],
    }
    return _numbered(document)


def with_base(document: Mapping[str, Any], image: str) -> Document:
    """The SBOM of an image: the bundle's, and what the image is built on.

    Args:
        document: The bundle's.
        image: Full name of the base image, with its tag or digest.
    """
    name, at, digest = image.partition("@")
    # A colon before the last slash belongs to a registry's port.
    tag = name.rpartition("/")[2].partition(":")[2]
    path = name.removesuffix(f":{tag}") if tag else name
    base: Document = {"type": "container", "bom-ref": _BASE, "name": path}
    base["version"] = digest if at else tag or "latest"
    if digest.startswith("sha256:"):
        base["hashes"] = [{"alg": "SHA-256", "content": digest.removeprefix("sha256:")}]
    bundle, *others = document["dependencies"]
    bundle = {**bundle, "dependsOn": [_BASE, *bundle["dependsOn"]]}
    return _numbered(
        {
            **document,
            "components": [base, *document["components"]],
            "dependencies": [bundle, {"ref": _BASE}, *others],
        }
    )


def sbom_bytes(document: Mapping[str, Any]) -> bytes:
    """A document as the file that holds it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def licences(installed: Distribution) -> list[Document]:
    """A distribution's licences: its own SPDX expression, else what it says in words."""
    said = installed.metadata
    words = (said.get_all("License") or ("",))[0].strip()
    for text in (*(said.get_all("License-Expression") or ()), words):
        try:
            return [{"expression": str(canonicalize_license_expression(text))}]
        except InvalidLicenseExpression:
            continue
    names = {
        line.rpartition(" :: ")[2]
        for line in said.get_all("Classifier") or ()
        if line.startswith(_CLASSIFIER)
    }
    names.discard("OSI Approved")
    if not names and words and "\n" not in words:
        names.add(words)
    return [{"license": {"name": name}} for name in sorted(names)]


def _numbered(document: Document) -> Document:
    """The document with a serial number that follows from everything else in it."""
    content = {key: value for key, value in document.items() if key != "serialNumber"}
    serial = UUID(bytes=hashlib.sha256(sbom_bytes(content)).digest()[:16], version=5)
    return {**document, "serialNumber": serial.urn}


def _purl(item: Locked) -> str:
    """https://github.com/package-url/purl-spec: names of Python's packages are normal ones."""
    return f"pkg:pypi/{item.name}@{item.version.replace('+', '%2B').replace('!', '%21')}"


def _library(item: Locked) -> Document:
    purl = _purl(item)
    library: Document = {
        "type": "library",
        "bom-ref": purl,
        "name": item.name,
        "version": item.version,
        "purl": purl,
    }
    try:
        found = licences(distribution(item.name))
    except PackageNotFoundError:
        found = []
    if found:
        library["licenses"] = found
    if item.sha256:
        # They are of files, one of which is installed; the component itself is none of them.
        library["externalReferences"] = [
            {
                "type": "distribution",
                "url": purl,
                "comment": "one of the files with these hashes",
                "hashes": [{"alg": "SHA-256", "content": digest} for digest in item.sha256],
            }
        ]
    return library


def _data_ref(model: str) -> str:
    return _DATA if model == _MODEL else f"{model}-{_DATA}"


def _model(record: BundleRecord, ref: str) -> Document:
    return {
        "type": "machine-learning-model",
        "bom-ref": ref,
        "name": record.model_file,
        "version": record.version,
        "hashes": [{"alg": "SHA-256", "content": record.model_sha256}],
        "modelCard": {
            "modelParameters": _parameters(record, _data_ref(ref)),
            "quantitativeAnalysis": {
                "performanceMetrics": [
                    {"type": name, "value": repr(value), "slice": slice_}
                    for slice_, scores in (
                        ("held-out", record.evaluation.metrics),
                        ("held-out, of a model that ignores its input", record.evaluation.baseline),
                    )
                    for name, value in sorted(scores.items())
                ]
            },
            "properties": _properties(record),
        },
    }


def _parameters(record: BundleRecord, data: str) -> Document:
    signature, lineage = record.signature, record.lineage
    learning = {} if lineage.imported else {"approach": {"type": "supervised"}}
    return {
        **learning,
        "task": signature.task,
        "datasets": [{"ref": data}],
        "inputs": [{"format": f"{item.name}: {item.dtype}"} for item in signature.features],
        "outputs": [{"format": ": ".join((signature.target, *_labels(record)))}],
    }


def _labels(record: BundleRecord) -> tuple[str, ...]:
    labels = record.signature.labels
    return (", ".join(labels),) if labels else ()


def _properties(record: BundleRecord) -> list[Document]:
    lineage = record.lineage
    facts = {
        "python": lineage.python,
        "runtime": record.runtime,
        "rows": str(lineage.rows),
        **{f"parameter:{name}": repr(value) for name, value in lineage.parameters.items()},
    }
    if lineage.imported:
        facts |= {
            "imported:format": lineage.imported.format,
            "imported:sha256": lineage.imported.sha256,
        }
    return [{"name": f"modelport:{name}", "value": facts[name]} for name in sorted(facts)]


def _data(record: BundleRecord, model: str) -> Document:
    lineage = record.lineage
    measured = "what the imported model was measured on" if lineage.imported else "training data"
    return {
        "type": "data",
        "bom-ref": _data_ref(model),
        "name": lineage.data,
        "description": f"{measured}; the hash is of its content",
        "hashes": [{"alg": "SHA-256", "content": lineage.data_sha256}],
        "data": [{"type": "dataset", "name": lineage.data}],
    }
