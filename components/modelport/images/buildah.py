"""Buildah: builds an image and pushes it without a daemon, the same digest each time.

`--timestamp` gives files and image one time. An image of the Docker format names the container
that it was built in, which is another one each time, so it is built in the OCI format; pushing
makes a manifest of Docker's own of it, because Heroku takes no other. How containers are isolated
and where images are kept is buildah's own configuration (`BUILDAH_ISOLATION`, `storage.conf`).
"""

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any, cast

from modelport.errors import ServiceError
from modelport.images.command import answer, run
from modelport.images.login import Login, is_local, write_login
from modelport.images.order import BuilderName, Local, Order
from modelport.images.reasons import build_failure, push_failure

_NAME: BuilderName = "buildah"
_SIZE = re.compile(r"([\d.]+) ?([kMGT]?)B")
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def build(order: Order) -> None:
    """Build an image, and keep it in buildah's store here.

    Raises:
        ServiceError: there is no buildah, or the build failed.
    """
    run(
        [_NAME, "build", "--layers", "--format", "oci", "--timestamp", str(order.time)]
        # Its own version is on the image otherwise, and another one would give another digest.
        + ["--identity-label=false", "--platform", f"linux/{order.architecture}"]
        + ["--tag", order.image]
        + [word for key, value in order.labels.items() for word in ("--label", f"{key}={value}")]
        + (["--network", order.network] if order.network else [])
        + [str(order.folder)],
        os.environ,
        lambda lines: build_failure(_NAME, lines),
        order.status,
    )


def push(order: Order, login: Login | None) -> None:
    """Push an image of buildah's store with a manifest of Docker's version 2, schema 2.

    Raises:
        ServiceError: there is no buildah, or the push failed.
    """
    with tempfile.TemporaryDirectory(prefix="modelport-buildah-") as folder:
        words = [_NAME, "push", "--format", "v2s2"]
        if login is not None:
            file = Path(folder, "auth.json")
            write_login(file, order.host, login)
            words += ["--authfile", str(file)]
        if is_local(order.host):
            words.append("--tls-verify=false")
        run(
            [*words, order.image, f"docker://{order.image}"],
            os.environ,
            lambda lines: push_failure(_NAME, order.image, lines),
            order.status,
        )


def local(image: str) -> Local:
    """What buildah's store has under a name.

    Raises:
        ServiceError: nothing.
    """
    found = answer([_NAME, "images", "--json", "--no-trunc", image])
    if found.returncode:
        raise ServiceError(f"{image} is not here: {found.stderr.strip()}; build it first")
    facts = cast("list[dict[str, Any]]", json.loads(found.stdout))[0]
    return Local(f"sha256:{str(facts['id']).removeprefix('sha256:')}", _bytes(str(facts["size"])))


def _bytes(shown: str) -> int:
    """A size as buildah shows it, e.g. `152 MB`."""
    match = _SIZE.fullmatch(shown)
    if match is None:
        raise ServiceError(f"buildah gave {shown!r} as the size of an image; expected e.g. 152 MB")
    return round(float(match[1]) * _UNITS[match[2]])
