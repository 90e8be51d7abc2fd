"""Releases: which versions were live, as the state remembers them."""

from datetime import UTC, datetime

_RELEASES = 100
"""Number of releases that the state remembers."""


def released(releases: list[dict[str, str]], version: str) -> list[dict[str, str]]:
    """What was live and since when, with `version` as the last; healing adds nothing."""
    if releases and releases[-1]["version"] == version:
        return releases
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return [*releases, {"version": version, "at": now}][-_RELEASES:]
