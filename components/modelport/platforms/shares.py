"""Shares: the traffic that an update must repeat, where a platform takes it with everything else.

A new revision begins with nothing; `modelport.resources.Traffic` moves the traffic afterwards.
"""

import pulumi

from modelport.resources import LiveRevision


def present_shares(before: LiveRevision, revision: str) -> pulumi.Output[dict[str, int]]:
    """Percent by revision as it is now; everything for the new one when there is no other."""
    return before.revision.apply(lambda live: _shares(live, revision))


def _shares(live: str, revision: str) -> dict[str, int]:
    return {revision: 100} if live in ("", revision) else {live: 100, revision: 0}
