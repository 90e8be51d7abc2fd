"""Images: a built bundle as a container image, or as sources for a platform that builds itself.

    context.py       what an image is built from, the same bytes for the same bundle
    source_bundle.py what Google's Cloud Functions build from
    install.py       what runs in an image while it is built, the same bytes each time
    builder.py       chooses who builds and pushes
    docker.py        builds and pushes with the docker command
    buildah.py       the same with buildah, which needs no daemon
    login.py         signs in to the registries of the clouds
    registry.py      asks a registry what it holds

The recipe for other containers: one architecture, a plain manifest, no root, an entry point in
exec form, nothing written outside /tmp.
"""

from modelport.images.builder import build_and_push, build_image, build_on_engine
from modelport.images.context import (
    ADAPTERS,
    Adapter,
    bundle_store,
    context_digest,
    default_base,
    write_context,
)
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
    "build_on_engine",
    "bundle_store",
    "context_digest",
    "default_base",
    "login",
    "write_context",
    "write_source_bundle",
]
