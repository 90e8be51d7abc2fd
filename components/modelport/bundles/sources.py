"""Sources: the bundle folders of a project, and the training that each declares."""

import difflib
import importlib.util
import re
import sys
from pathlib import Path
from typing import cast

from modelport.bundles.training import Dataset, Training
from modelport.errors import BundleError, ModelportError

TRAINING_FILE = "training.py"
SERVICE_FILE = "service.py"
EVALUATION_FILE = "evaluation.csv"
"""What an imported model is measured on."""
TRAINING_NAME = "training"
"""Name in `training.py` of the `Training` that it declares."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""What a bundle may be called."""


def bundle_names(project: Path) -> list[str]:
    """Names of the project's bundles, sorted: the folders of `bentos/*/training.py`."""
    return sorted(file.parent.name for file in (project / "bentos").glob(f"*/{TRAINING_FILE}"))


def bundle_folder(project: Path, name: str) -> Path:
    """The folder of a bundle.

    Raises:
        BundleError: there is no such bundle, or it lacks its `service.py`.
    """
    known = bundle_names(project)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        there = ", ".join(known) or f"none; add bentos/<name>/{TRAINING_FILE}"
        raise BundleError(f"'{name}' is no bundle of this project{hint}; bundles: {there}")
    if not NAME.fullmatch(name):
        message = (
            f"'{name}' cannot be a bundle's name: rename the folder to small letters, digits "
            "and _, beginning with a letter, at most 63 characters"
        )
        raise BundleError(message)
    folder = project / "bentos" / name
    if not (folder / SERVICE_FILE).is_file():
        message = (
            f"bundle {name} has no {SERVICE_FILE}; modelport_serving.bento shows its few lines"
        )
        raise BundleError(message)
    return folder


def load_training(folder: Path) -> Training:
    """Run `training.py` of a bundle's folder and return what it declares.

    Raises:
        BundleError: it fails, or declares no `Training` named `training`.
    """
    file = folder / TRAINING_FILE
    # A name of its own: every bundle has a training.py, and none may stand in for another.
    name = f"modelport_training_{folder.name}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise BundleError(f"{folder.name}/{TRAINING_FILE} cannot be read as Python")
    module = importlib.util.module_from_spec(spec)
    # Functions that are compared or inspected later look their module up by name.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except ModelportError as error:
        raise BundleError(f"{folder.name}/{TRAINING_FILE}: {error}") from None
    except Exception as error:
        message = f"{folder.name}/{TRAINING_FILE} cannot be run: {type(error).__name__}: {error}"
        raise BundleError(message) from error
    declared = getattr(module, TRAINING_NAME, None)
    if not isinstance(declared, Training):
        message = (
            f"{folder.name}/{TRAINING_FILE} declares no Training; "
            f"end it with {TRAINING_NAME} = Training(...)"
        )
        raise BundleError(message)
    return declared


def load_data(folder: Path, training: Training) -> Dataset:
    """Run the declared data loader.

    Raises:
        BundleError: it fails, or returns no `Dataset`.
    """
    try:
        data = cast("object", training.data())
    except ModelportError as error:
        raise BundleError(f"the data of {folder.name} cannot be loaded: {error}") from None
    except Exception as error:
        message = f"the data of {folder.name} cannot be loaded: {type(error).__name__}: {error}"
        raise BundleError(message) from error
    if not isinstance(data, Dataset):
        message = f"the data loader of {folder.name} returned {type(data).__name__}, not a Dataset"
        raise BundleError(message)
    return data
