"""Reasons: what the output of a failed build or push means, and what to do about it."""

import re
from collections.abc import Mapping, Sequence

from modelport.images.order import BuilderName

_DOCKER = {
    r"permission denied while trying to connect": (
        "Docker's daemon does not let this user in; add it to the group docker: "
        "sudo usermod -aG docker $USER, and sign in again"
    ),
    r"[Cc]annot connect to the Docker daemon|Is the docker daemon running|error during connect": (
        "Docker's daemon is not running; start it: sudo systemctl start docker"
    ),
    r"no space left on device": "the disk is full; make room: docker system prune",
}
_BUILDAH = {
    r"no space left on device": "the disk is full; make room: buildah rmi --prune",
}
_OWN = {"docker": _DOCKER, "buildah": _BUILDAH}
"""What the programs alone say."""
_BUILD = {
    r"pull access denied|manifest unknown|manifest for .* not found": (
        "the base image is not there, or this account may not pull it; name another base image, "
        "or sign in to its registry with docker login"
    ),
    r"no match for platform|no matching manifest": (
        "the base image does not exist for this architecture; name one that does"
    ),
    r"exec format error": (
        "the base image is of another architecture than this machine; install an emulator: "
        "docker run --privileged --rm tonistiigi/binfmt --install all"
    ),
    r"No matching distribution|Could not find a version": (
        "pip does not find a package of the bundle for the Python of the base image; where "
        "packages come from is the base image's own pip.conf"
    ),
    r"No module named pip|python3: not found": "the base image has no python3 with pip",
}
_PUSH = {
    r"immutable|ImageTagAlreadyExists": (
        "the tag exists, and tags of this repository never change; name another tag"
    ),
    r"name unknown|repository .*(?:not found|not exist)": "there is no such repository",
    r"denied|unauthorized|no basic auth credentials|authentication required|[Ff]orbidden": (
        "the registry refused; let the account that deploys push there"
    ),
    r"no such host|i/o timeout|connection refused|TLS handshake|: EOF$": (
        "the registry does not answer"
    ),
}
_ERROR = re.compile(r"(?:ERROR|^error):\s*(.+)")
_EMPTY = re.compile(r"^(#\d+ *|-+|\s*)$")


def build_failure(program: BuilderName, lines: Sequence[str]) -> str:
    """Why a build failed, from its last lines."""
    return f"the image cannot be built: {_reason(program, _BUILD, lines)}"


def push_failure(program: BuilderName, image: str, lines: Sequence[str]) -> str:
    """Why an image could not be pushed, from the last lines of the push."""
    return f"{image} cannot be pushed: {_reason(program, _PUSH, lines)}"


def _reason(program: BuilderName, causes: Mapping[str, str], lines: Sequence[str]) -> str:
    """A known reason with the command's own words behind it, else these alone."""
    text = "\n".join(lines)
    said = _said(lines)
    for pattern, sentence in (*_OWN[program].items(), *causes.items()):
        if re.search(pattern, text, re.MULTILINE):
            return f"{sentence} ({program}: {said})"
    return said


def _said(lines: Sequence[str]) -> str:
    """The line that says most: pip's last error, else the last line that is not empty."""
    errors = [found.group(1) for line in lines if (found := _ERROR.search(line))]
    full = [line for line in lines if not _EMPTY.match(line)]
    line = (errors or full or ["nothing"])[-1]
    return " ".join(line.split())[:300].rstrip(".")
