"""Check: a bundle's server under the rules of platforms."""

from collections.abc import Iterable
from dataclasses import replace

from modelport.bundles import bento_path
from modelport.conformance import Page, Subject, check_kind, rules_of
from modelport.errors import ConfigError
from modelport.home import Home
from modelport.images.docker import image_facts
from modelport.operations.bundles import built_bundle
from modelport_serving.record import read_golden


def check(
    home: Home,
    kinds: Iterable[str],
    bundle: str | None,
    *,
    command: str = "",
    image: str = "",
    memory: int = 512,
) -> list[Page]:
    """Check a built bundle, an image or a server of the user's own under the rules of each kind.

    Args:
        home: The project's home.
        kinds: Kinds of target.
        bundle: `name`, or `name@version`; the project's only one when left out.
        command: Command of a server that answers as the bundle does; empty: the bundle's runtime.
        image: Image that Docker has here, and that answers as the bundle does; empty: none.
        memory: Megabytes that the image's container may use.

    Raises:
        ConfigError: which bundle is meant is not clear, or both a command and an image are.
        ServiceError: Docker is not here, or does not have the image.
        PlanError: a kind is not known.
        BundleError: the bundle is not built.
    """
    wanted = list(kinds)
    for kind in wanted:
        rules_of(kind)  # all kinds are known before the first server is started
    if command and image:
        raise ConfigError(["--command and --image exclude each other; give one of them"])
    subject = replace(_subject(home, bundle), command=command, image=image, memory=memory)
    if image:
        image_facts(image)  # it is known to be here before anything is started
    return [check_kind(kind, subject) for kind in wanted]


def _subject(home: Home, bundle: str | None) -> Subject:
    record = built_bundle(home, bundle)
    bento = bento_path(home, record.name, record.version)
    return Subject(record, read_golden(bento / "src"), bento)
