"""Check: a bundle's server under the rules of platforms."""

from collections.abc import Iterable

from modelport.bundles import bento_path, built_versions, bundle_names, find
from modelport.conformance import Page, Subject, check_kind, rules_of
from modelport.errors import ConfigError
from modelport.home import Home
from modelport_serving.record import read_golden


def check(home: Home, kinds: Iterable[str], bundle: str | None, command: str) -> list[Page]:
    """Check a built bundle, or a server of the user's own, under the rules of each kind.

    Args:
        home: The project's home.
        kinds: Kinds of target.
        bundle: `name`, or `name@version`; the project's only one when left out.
        command: Command of a server that answers as the bundle does; empty: the bundle's runtime.

    Raises:
        ConfigError: which bundle is meant is not clear.
        PlanError: a kind is not known.
        BundleError: the bundle is not built.
    """
    wanted = list(kinds)
    for kind in wanted:
        rules_of(kind)  # all kinds are known before the first server is started
    subject = _subject(home, bundle, command)
    return [check_kind(kind, subject) for kind in wanted]


def _subject(home: Home, bundle: str | None, command: str) -> Subject:
    known = bundle_names(home.sources)
    if bundle is None and len(known) != 1:
        raise ConfigError([f"which bundle? give --bundle with one of: {', '.join(known)}"])
    name, _, version = (bundle or known[0]).partition("@")
    record = find(home, name, version) if version else built_versions(home, name)[0]
    bento = bento_path(home, record.name, record.version)
    return Subject(record, read_golden(bento / "src"), bento, command)
