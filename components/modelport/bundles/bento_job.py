"""Bento job: one build in a process of its own, run as a script with the job's JSON file.

BentoML keeps imported services in its process, so a second build there silently gets the first
one's. This script imports nothing of `modelport`: the path begins with the Bento's own sources,
and what they cannot do alone must fail here.
"""

import importlib
import json
import re
import shutil
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import bentoml
import yaml


def main(job_file: Path) -> None:
    """Save the model, build the Bento in the `BENTOML_HOME` of this process and prove it."""
    job: dict[str, Any] = json.loads(job_file.read_bytes())
    context, model_file = Path(job["context"]), Path(job["model"])
    with bentoml.models.create(job["tag"], labels=job["labels"]) as model:
        shutil.copyfile(model_file, Path(model.path) / job["model_name"])
    bento = bentoml.bentos.build(
        f"service:{_service()}",
        name=job["name"],
        version=job["version"],
        labels=job["labels"],
        description=job["description"],
        include=["*"],
        # Locking would ask an index, and write its address; our pins are what was tested.
        python={"packages": job["packages"], "lock_packages": False},
        build_ctx=str(context),
    )
    _describe(Path(bento.path) / "apis" / "openapi.yaml", job["description"])
    # BentoML repeats what it is given in bento.yaml, which every start reads; hashes are long.
    (Path(bento.path) / "env" / "python" / "requirements.txt").write_text(job["requirements"])
    # Only a model that the carried sources can load and that repeats its answers is worth a tag.
    _check_pins(job["packages"])
    predictor = importlib.import_module("modelport_serving.predictor")
    predictor.load_predictor(context, model_file)
    if job["previous"]:
        predictor.load_previous(context)


def _check_pins(packages: list[str]) -> None:
    """Refuse a mounted application whose framework the Bento would not install."""
    service = importlib.import_module("service")
    served = importlib.import_module("modelport_serving.bento").served
    mount = served(getattr(service, _service())).mount
    if mount is None:
        return
    module = type(mount.application).__module__.partition(".")[0]
    needed = packages_distributions().get(module, [])
    pinned = {_normal(package.partition("==")[0]) for package in packages}
    if needed and not pinned & {_normal(name) for name in needed}:
        name = needed[0].lower()
        message = (
            f"the mounted application is made with {needed[0]}, which the bundle does not carry; "
            f'write service_requirements=("{name}",) in training.py'
        )
        raise SystemExit(message)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _describe(file: Path, description: str) -> None:
    """Replace BentoML's description of the API, which is a page of addresses, by ours."""
    content: dict[str, Any] = yaml.safe_load(file.read_text())
    content["info"]["description"] = description
    file.write_text(yaml.safe_dump(content, sort_keys=False))


def _service() -> str:
    """The name of the one service in `service.py`."""
    module = importlib.import_module("service")
    names = [name for name, value in vars(module).items() if isinstance(value, bentoml.Service)]
    if len(names) != 1:
        message = f"service.py must define one BentoML service; it defines {len(names)}"
        raise RuntimeError(message)
    return names[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
