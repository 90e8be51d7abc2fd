"""Images: a built bundle as a container image, or as sources for a platform that builds itself.

    context.py       what an image is built from, the same bytes for the same bundle
    source_bundle.py what Google's Cloud Functions build from
    docker.py        builds and pushes with the docker command
    login.py         signs in to the registries of the clouds
    registry.py      asks a registry what it holds

The recipe for other containers: one architecture, a plain manifest, no root, an entry point in
exec form, nothing written outside /tmp.
"""

from modelport.images.context import (
    ADAPTERS,
    Adapter,
    context_digest,
    default_base,
    write_context,
)
from modelport.images.docker import build_and_push, build_image
from modelport.images.login import RegistryKind, login
from modelport.images.registry import Found, Registry
from modelport.images.source_bundle import write_source_bundle

__all__ = [
    "ADAPTERS",
    "Adapter",
    "Found",
    "Registry",
    "RegistryKind",
    "build_and_push",
    "build_image",
    "context_digest",
    "default_base",
    "login",
    "write_context",
    "write_source_bundle",
]
