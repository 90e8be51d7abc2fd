"""Context: what `docker build` is given for a bundle. The same bundle gives the same bytes.

Everything that is the same for all bundles with the same dependencies comes first, and is built
once; the bundle is one layer behind it, so another model is built in a moment. Where pip finds
packages is not decided here: the base image's own `pip.conf` holds.

What is copied lies in folders that hold it from the root of the image on: the folders in between
then have their times from here, and not from the day of the build.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from modelport.bundles.sbom import SBOM_FILE, sbom_bytes, with_base
from modelport.errors import BundleError
from modelport.home import Home
from modelport.images import install
from modelport.images.files import (
    STORE,
    bundle_files,
    has_hashes,
    requirements,
    write_files,
)
from modelport_serving.record import BundleRecord

Adapter = Literal["plain", "azure_functions"]
"""What is in the image beside the model.

`plain` holds nothing more, and serves every platform that starts a container as it is.
`azure_functions` holds the host of Azure Functions, which starts the plain entry point and passes
every request on.
"""
ADAPTERS: tuple[Adapter, ...] = get_args(Adapter)
ROOT = "/opt/modelport"
"""Where everything lies in the image."""
USER = 10001
"""User and group of the process; they have no name and no home."""
PACKAGES, BUNDLE, SITE = "packages", "bundle", "site"
"""Folders of a context that are copied to the root of the image."""
DOCKERFILE = "Dockerfile"
CURRENT = "current"
"""Link beside the bundle that leads to it: what stands before it names no version."""
CONTENT_LABEL = "modelport.content"
"""Label with the digest of what an image was built from."""
BUNDLE_LABEL = "modelport.bundle"
VERSION_LABEL = "modelport.version"
TIME = 315_532_800
"""Time of every file in seconds since 1970, 1 January 1980: the same files, the same layers."""
_REGISTRY = re.compile(r"localhost|.*[.:].*")
"""How the first part of an image's name looks when it is a registry's."""
_FUNCTIONS_PORT = 8080


@dataclass(frozen=True, slots=True)
class _Entry:
    """How one adapter's image starts."""

    base: str
    """Base image for a version of Python such as 3.11."""
    end: str
    """Lines of the Dockerfile between the dependencies and the bundle."""
    files: Mapping[str, bytes]
    """Files beside the bundle's."""


def default_base(record: BundleRecord, adapter: Adapter = "plain") -> str:
    """The base image of a bundle where none is named: the Python that trained it."""
    python = ".".join(record.lineage.python.split(".")[:2])
    return _ENTRIES[adapter].base.format(python=python)


def full_name(image: str) -> str:
    """An image's name with its registry: not every builder adds the one that Docker adds."""
    first, slash, _ = image.partition("/")
    if slash and _REGISTRY.fullmatch(first):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"


def write_context(
    home: Home,
    record: BundleRecord,
    folder: Path,
    adapter: Adapter = "plain",
    *,
    base_image: str | None = None,
) -> str:
    """Write a build context into `folder`.

    Args:
        home: Where the bundle is built.
        record: The bundle.
        folder: An empty folder, or one that does not exist.
        adapter: How the platform reaches the model.
        base_image: By tag or digest; it needs `python3` of the bundle's version with pip. The
            default is `default_base`.

    Returns:
        `context_digest` of what was written.

    Raises:
        BundleError: the bundle is not built here, or `folder` holds something.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BundleError(f"{folder} is not empty; name an empty folder for the build context")
    pins = requirements(home, record)
    base = full_name(base_image or default_base(record, adapter))
    dockerfile = _dockerfile(record, adapter, base, hashes=has_hashes(pins))
    bundle = _with_base(bundle_files(home, record), record, base)
    files = {
        DOCKERFILE: dockerfile.encode(),
        f"{PACKAGES}{ROOT}/requirements.txt": pins.encode(),
        f"{PACKAGES}{ROOT}/install.py": Path(install.__file__).read_bytes(),
        **_ENTRIES[adapter].files,
        **{f"{BUNDLE}{ROOT}/{path}": content for path, content in bundle.items()},
    }
    write_files(folder, files)
    store = bundle_store(folder)
    for name in ("envs", "tmp"):  # BentoML makes these in its home, which is read-only later
        (store / name).mkdir(parents=True, exist_ok=True)
    (store / CURRENT).symlink_to(f"bentos/{record.name}/{record.version}")
    _settle(folder)
    return context_digest(folder)


def bundle_store(folder: Path) -> Path:
    """Where a context has the bundle: BentoML's home in the image."""
    return folder / f"{BUNDLE}{ROOT}" / STORE


def context_digest(folder: Path) -> str:
    """SHA-256, in hex, of the paths and contents of all files in `folder`."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _dockerfile(record: BundleRecord, adapter: Adapter, base: str, *, hashes: bool) -> str:
    entry = _ENTRIES[adapter]
    check = " --require-hashes" if hashes else ""
    return f"""\
FROM {base}
COPY {PACKAGES} /
RUN SOURCE_DATE_EPOCH={TIME} PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 \\
    python3 -P {ROOT}/install.py{check} -r {ROOT}/requirements.txt
ENV PYTHONPATH={ROOT}/{STORE}/{CURRENT}/src PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
{entry.end}COPY {BUNDLE} /
LABEL {BUNDLE_LABEL}="{record.name}" {VERSION_LABEL}="{record.version}"
"""


_PROGRAM = (
    f"ENV HOME=/tmp\nWORKDIR /tmp\nUSER {USER}:{USER}\n"
    'ENTRYPOINT ["python3", "-P", "-m", "modelport_serving.container"]\n'
    # Heroku refuses an image without CMD; SageMaker puts `serve` in its place.
    'CMD ["run"]\n'
)


_HOST = {
    "version": "2.0",
    # Every path is passed on as it is; none gets the prefix /api.
    "extensions": {"http": {"routePrefix": ""}},
    "customHandler": {
        "description": {
            "defaultExecutablePath": "python3",
            "arguments": ["-P", "-m", "modelport_serving.container"],
        },
        "enableProxyingHttpRequest": True,
    },
}
"""https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers."""
_FUNCTION = {
    "bindings": [
        {
            "type": "httpTrigger",
            "direction": "in",
            "name": "request",
            # Whoever is let in is decided behind it: by the key, or by the platform in front.
            "authLevel": "anonymous",
            "methods": ["get", "head", "post"],
            "route": "{*path}",
        },
        {"type": "http", "direction": "out", "name": "response"},
    ]
}
_SITE = "/" + "home/site/wwwroot"  # the host of Functions looks here

_SLIM = "python:{python}-slim"
_ENTRIES: dict[Adapter, _Entry] = {
    "plain": _Entry(_SLIM, _PROGRAM, {}),
    # The host starts as the base image says, and as its user: it writes beside the site.
    "azure_functions": _Entry(
        "mcr.microsoft.com/azure-functions/python:4-python{python}",
        f"COPY {SITE} /\n"
        f"ENV AzureWebJobsScriptRoot={_SITE} FUNCTIONS_WORKER_RUNTIME=custom"
        f" ASPNETCORE_URLS=http://+:{_FUNCTIONS_PORT}\n",
        {
            f"{SITE}{_SITE}/host.json": json.dumps(_HOST, indent=2).encode(),
            f"{SITE}{_SITE}/model/function.json": json.dumps(_FUNCTION, indent=2).encode(),
        },
    ),
}


def _with_base(files: Mapping[str, bytes], record: BundleRecord, base: str) -> Mapping[str, bytes]:
    """The bundle's files; its SBOM names the base image too."""
    path = f"{STORE}/bentos/{record.name}/{record.version}/src/{SBOM_FILE}"
    if path not in files:  # built before bundles had one
        return files
    return {**files, path: sbom_bytes(with_base(json.loads(files[path]), base))}


def _settle(folder: Path) -> None:
    """Give every file the same time and the modes that any user can read."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (TIME, TIME), follow_symlinks=False)
