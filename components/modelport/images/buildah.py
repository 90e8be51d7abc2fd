"""Buildah: builds an image and pushes it without a daemon, the same digest each time.

`--timestamp` gives files and image one time. An image of the Docker format names the container
that it was built in, which is another one each time, so it is built in the OCI format; pushing
makes a manifest of Docker's own of it, because Heroku takes no other. How containers are isolated
and where images are kept is buildah's own configuration (`BUILDAH_ISOLATION`, `storage.conf`).
"""

import json
import os
import re
from pathlib import Path
from typing import Any, cast

from modelport.errors import ServiceError
from modelport.images.command import Command, answer
from modelport.images.login import is_local
from modelport.images.order import Local, Order

_SIZE = re.compile(r"([\d.]+) ?([kMGT]?)B")
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def build_command(order: Order) -> Command:
    """How to build an image, and keep it in buildah's store here."""
    # Its own version is on the image otherwise, and another one would give another digest.
    fixed = ["--timestamp", str(order.time), "--identity-label=false"]
    words = ["buildah", "build", "--layers", "--format", "oci", *fixed, *order.words]
    return Command(words, os.environ)


def push_command(order: Order, login: Path | None) -> Command:
    """How to push an image of buildah's store with a manifest of Docker's version 2, schema 2."""
    words = ["buildah", "push", "--format", "v2s2"]
    if login is not None:
        words += ["--authfile", str(login)]
    if is_local(order.host):
        words.append("--tls-verify=false")
    return Command([*words, order.image, f"docker://{order.image}"], os.environ)


def local(image: str) -> Local:
    """What buildah's store has under a name.

    Raises:
        ServiceError: nothing.
    """
    found = answer(["buildah", "images", "--json", "--no-trunc", image])
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
