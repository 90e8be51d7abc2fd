"""What is live on Heroku: releases, the images behind them, and dynos.

A release is a set of config vars and images; each deployment, change of a config var and rollback
makes one (https://devcenter.heroku.com/articles/releases). Of a release's image the API says
nothing but the beginning of its id in the description: `Deployed web (0123456789ab)`.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelport.cloud.heroku import Heroku
from modelport.errors import ServiceError

Status = Callable[[str], None]
_LOOK = 2.0
"""Seconds between two looks."""
_APPEAR_SECONDS = 20.0
"""Seconds in which the release of a change must be there; without a difference there is none."""
RELEASE_SECONDS = 3900.0
"""Seconds in which a release must have ended: Heroku gives release commands an hour,
https://devcenter.heroku.com/articles/release-phase."""
_HISTORY = 200
"""Releases that are looked at."""
_SHORT = 12
"""Digits of an image's id in a release's description."""
_ROLLBACK = re.compile(r"Rollback to v([0-9]+)")


@dataclass(frozen=True, slots=True)
class HerokuRelease:
    """One release of an app."""

    id: str
    version: int
    status: str
    """`pending`, `succeeded`, `failed` or `expired`."""
    description: str
    current: bool
    """Whether it is the one that is live."""
    eligible: bool
    """Whether Heroku would go back to it."""


def short_image(image: str) -> str:
    """What a release's description shows of an image id, `sha256:…`."""
    return image.removeprefix("sha256:")[:_SHORT]


def history(heroku: Heroku, app: str, most: int = _HISTORY) -> list[HerokuRelease]:
    """Releases of an app, the newest first."""
    return [_release(item) for item in heroku.items(f"/apps/{app}/releases", "version", most)]


def live_release(releases: Sequence[HerokuRelease]) -> HerokuRelease | None:
    """The release that is live."""
    return next((release for release in releases if release.current), None)


def image_of(releases: Sequence[HerokuRelease], release: HerokuRelease, process: str) -> str:
    """First digits of the image that a release runs; empty when its history does not say it."""
    deployed = re.compile(rf"Deployed\b.*\b{re.escape(process)} \(([0-9a-f]{{{_SHORT}}})\)")
    version = release.version
    for item in releases:
        if item.version > version or (
            item.status != "succeeded" and item.version < release.version
        ):
            continue
        match = deployed.search(item.description)
        if match:
            return match.group(1)
        back = _ROLLBACK.search(item.description)
        version = int(back.group(1)) if back else version
    return ""


def formation(heroku: Heroku, app: str) -> dict[str, dict[str, Any]]:
    """Process types of an app, by their name."""
    return {str(item["type"]): item for item in heroku.items(f"/apps/{app}/formation")}


def settle(heroku: Heroku, app: str, status: Status) -> None:
    """Wait until no release is pending, however it ends: a killed update leaves its own."""
    for release in history(heroku, app, most=1):
        ended(heroku, app, release, status)


def appeared(heroku: Heroku, app: str, after: int) -> HerokuRelease | None:
    """The newest release after version `after`; none when a change made no difference."""
    until = time.monotonic() + _APPEAR_SECONDS
    while True:
        for release in history(heroku, app, most=1):
            if release.version > after:
                return release
        if time.monotonic() > until:
            return None
        time.sleep(_LOOK)


def ended(heroku: Heroku, app: str, release: HerokuRelease, status: Status) -> HerokuRelease:
    """A release when it is no longer pending.

    Raises:
        ServiceError: it still is after more than an hour.
    """
    until = time.monotonic() + RELEASE_SECONDS
    while release.status == "pending":
        if time.monotonic() > until:
            message = f"release v{release.version} of {app} is pending for too long"
            raise ServiceError(message)
        status(f"release v{release.version} is pending")
        time.sleep(_LOOK)
        release = _release(heroku.get(f"/apps/{app}/releases/{release.id}"))
    return release


def succeeded(heroku: Heroku, app: str, release: HerokuRelease, status: Status) -> None:
    """Wait until a release has succeeded.

    Raises:
        ServiceError: it has not.
    """
    release = ended(heroku, app, release, status)
    if release.status != "succeeded":
        message = (
            f"release v{release.version} of {app} {release.status}; see what it said: "
            f"heroku releases:output v{release.version} -a {app}"
        )
        raise ServiceError(message)


def up(
    heroku: Heroku,
    app: str,
    quantities: Mapping[str, int],
    version: int,
    timeout: float,
    status: Status,
) -> None:
    """Wait until dynos of a release are up, at two looks one after the other.

    Args:
        heroku: The API.
        app: The app.
        quantities: Dynos of each process type.
        version: Release that they must run, or a later one.
        timeout: Seconds.
        status: Told how many are up.

    Raises:
        ServiceError: one has crashed, or not all are up in time.
    """
    wanted = sum(quantities.values())
    until = time.monotonic() + timeout
    steady = wanted == 0
    while not steady:
        last = running(heroku, app, quantities, version)
        status(f"{last} of {wanted} dynos of v{version} are up")
        # All that are up at the last look get their second one.
        if last < wanted and time.monotonic() > until:
            message = (
                f"{last} of {wanted} dynos of {app} run release v{version} after {timeout:.0f} s; "
                f"see why: heroku logs -a {app}"
            )
            raise ServiceError(message)
        time.sleep(_LOOK)
        steady = last >= wanted and running(heroku, app, quantities, version) >= wanted


def running(heroku: Heroku, app: str, quantities: Mapping[str, int], version: int) -> int:
    """Number of dynos of a release that are up.

    Raises:
        ServiceError: one has crashed.
    """
    count = 0
    for dyno in heroku.items(f"/apps/{app}/dynos"):
        release: dict[str, Any] = dyno.get("release") or {}
        if dyno["type"] not in quantities or int(release.get("version") or 0) < version:
            continue
        if dyno["state"] == "crashed":
            message = (
                f"dyno {dyno['name']} of {app} crashed with release v{version}; "
                f"see why: heroku logs -a {app}"
            )
            raise ServiceError(message)
        count += dyno["state"] in {"up", "idle"}  # eco dynos sleep
    return count


def _release(item: dict[str, Any]) -> HerokuRelease:
    return HerokuRelease(
        id=str(item["id"]),
        version=int(item["version"]),
        status=str(item["status"]),
        description=str(item.get("description") or ""),
        current=bool(item.get("current")),
        eligible=bool(item.get("eligible_for_rollback", True)),
    )
