"""modelport:heroku:Release: an image that an app runs.

An image that was pushed to `registry.heroku.com/APP/PROCESS` goes live by its id, which is the
digest of its configuration: the formation is changed with the header `Accept:
application/vnd.heroku+json; version=3.docker-releases`
(https://devcenter.heroku.com/articles/container-registry-and-runtime#api; Heroku's own client does
the same: https://github.com/heroku/cli, `commands/container/release.ts`). Quantity and size belong
to the published schema of version 3, which knows no image, so they are changed by a request of
their own. An image that is live already makes no new release
(https://github.com/heroku/heroku-releases-retry/pull/11). An earlier image is released the same
way: that is how a deployment goes back to an earlier model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from modelport.cloud.heroku import Heroku, NotFoundError
from modelport.errors import ServiceError
from modelport.provider.handler import Context, Handler, Inputs, Outputs
from modelport.provider.heroku_live import (
    HerokuRelease,
    appeared,
    formation,
    history,
    image_of,
    live_release,
    settle,
    short_image,
    succeeded,
    up,
)
from modelport.provider.releases import released


class HerokuReleaseInputs(Inputs):
    """Inputs of a release."""

    app: Annotated[str, Field(min_length=1)]
    """App: its id, or its name."""
    image: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    """Id of the image: digest of its configuration, not of its manifest."""
    version: Annotated[str, Field(min_length=1)]
    """Bundle version in the image, by which it is remembered."""
    quantity: Annotated[int, Field(ge=0)] = 1
    """Number of dynos."""
    size: Annotated[str, Field(min_length=1)] = "basic"
    """Size of a dyno, e.g. `basic` or `standard-2x`, in any case of letters."""
    process: Annotated[str, Field(pattern=r"^[-\w]{1,128}$")] = "web"
    """Process type; requests reach `web` alone."""
    start_timeout: Annotated[float, Field(gt=0)] = 300
    """Seconds in which all dynos must be up after a release has succeeded."""


class HerokuReleaseHandler(Handler[HerokuReleaseInputs]):
    """What does not come up is rolled back, and the update fails: what was live stays live."""

    token = "modelport:heroku:Release"
    inputs = HerokuReleaseInputs
    replaces = frozenset({"app", "process"})
    identity = frozenset({"app", "process"})
    unforeseen = frozenset({"release", "releases"})

    def create(self, context: Context, inputs: HerokuReleaseInputs) -> tuple[str, Outputs]:
        """Release it, or take over what an earlier attempt has released."""
        return self.offline_id(inputs), _Change(context, inputs).done([], deploys=True)

    def read(
        self, context: Context, resource_id: str, inputs: HerokuReleaseInputs, outputs: Outputs
    ) -> Outputs | None:
        """The release that is live, and what is different from what was asked for."""
        del context, resource_id
        heroku = Heroku()
        try:
            there = formation(heroku, inputs.app).get(inputs.process)
        except NotFoundError:
            return None
        if there is None:
            return None
        releases = history(heroku, inputs.app)
        live = live_release(releases)
        image = image_of(releases, live, inputs.process) if live else ""
        changed: Outputs = {}
        if image and image != short_image(inputs.image):
            changed["image"] = f"sha256:{image}"
        if int(there["quantity"]) != inputs.quantity:
            changed["quantity"] = int(there["quantity"])
        if _size(there) != inputs.size.lower():
            changed["size"] = _size(there)
        return {
            "release": live.version if live else 0,
            "releases": outputs.get("releases") or [],
            "web_url": outputs.get("web_url") or "",
            **changed,
        }

    def update(
        self,
        context: Context,
        resource_id: str,
        old: HerokuReleaseInputs,
        new: HerokuReleaseInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Another image, another number or size of dynos, or what has drifted."""
        del resource_id
        deploys = old.image != new.image
        return _Change(context, new).done(outputs.get("releases") or [], deploys=deploys)

    def delete(self, context: Context, resource_id: str, inputs: HerokuReleaseInputs) -> None:
        """Stop its dynos and take the process type away."""
        del resource_id
        heroku = Heroku()
        try:
            settle(heroku, inputs.app, context.status)
            if inputs.process in formation(heroku, inputs.app):
                _remove(heroku, inputs)
        except NotFoundError:
            return

    def invented(self, inputs: HerokuReleaseInputs) -> Outputs:
        """The first release with an image, and no address that resolves."""
        return {
            "release": 3,  # the first two are Heroku's own
            "releases": [{"version": inputs.version, "at": "2024-01-01T00:00:00+00:00"}],
            "web_url": f"https://{inputs.app}.offline.invalid/",
        }

    def offline_id(self, inputs: HerokuReleaseInputs) -> str:
        """As of a real one."""
        return f"{inputs.app}/{inputs.process}"

    def drift(
        self, context: Context, resource_id: str, inputs: HerokuReleaseInputs, outputs: Outputs
    ) -> frozenset[str]:
        """What the last refresh found to be different."""
        del context, resource_id
        wanted = {"image": inputs.image, "quantity": inputs.quantity, "size": inputs.size}
        return frozenset(key for key in wanted if outputs.get(key, wanted[key]) != wanted[key])


@dataclass(frozen=True, slots=True)
class _Before:
    """What was there before a change."""

    process: dict[str, Any] | None
    """The process type in the formation."""
    releases: Sequence[HerokuRelease]
    same: bool
    """Whether the wanted image is live already."""


class _Change:
    """One release with its dynos, or what was there before."""

    def __init__(self, context: Context, inputs: HerokuReleaseInputs) -> None:
        self._status = context.status
        self._inputs = inputs
        self._heroku = Heroku()
        self._app = f"/apps/{inputs.app}"

    def done(self, releases: list[dict[str, str]], *, deploys: bool) -> Outputs:
        """Make it so; `deploys`: another image than the one that was live is wanted."""
        settle(self._heroku, self._inputs.app, self._status)
        before = self._look()
        try:
            version = self._deploy(before)
            self._scale(self._inputs.quantity, self._inputs.size)
            self._up(self._inputs.quantity, version)
        except ServiceError as error:
            back = deploys or not before.same
            raise ServiceError(f"{error}; {self._back(before, releases=back)}") from None
        app = self._heroku.get(self._app)
        return {
            "release": version,
            "releases": released(releases, self._inputs.version),
            "web_url": str(app.get("web_url") or ""),
        }

    def _look(self) -> _Before:
        process = formation(self._heroku, self._inputs.app).get(self._inputs.process)
        releases = history(self._heroku, self._inputs.app)
        live = live_release(releases)
        image = image_of(releases, live, self._inputs.process) if live and process else ""
        return _Before(process, releases, image == short_image(self._inputs.image))

    def _deploy(self, before: _Before) -> int:
        """Version of the release with the image, which is made where it is not live."""
        live = live_release(before.releases)
        if live and before.same:
            return live.version
        newest = before.releases[0].version if before.releases else 0
        self._status(f"releasing {short_image(self._inputs.image)}")
        update = {"type": self._inputs.process, "docker_image": self._inputs.image}
        path = f"{self._app}/formation"
        self._heroku.patch(path, {"updates": [update]}, variant="docker-releases")
        release = appeared(self._heroku, self._inputs.app, newest)
        if release is None:
            return live.version if live else newest
        succeeded(self._heroku, self._inputs.app, release, self._status)
        return release.version

    def _scale(self, quantity: int, size: str) -> None:
        there = formation(self._heroku, self._inputs.app).get(self._inputs.process) or {}
        if there and (int(there["quantity"]), _size(there)) == (quantity, size.lower()):
            return
        self._status(f"scaling to {quantity} of {size}")
        update = {
            "type": self._inputs.process,
            "quantity": quantity,
            "dyno_size": {"name": size},
        }
        self._heroku.patch(f"{self._app}/formation", {"updates": [update]})

    def _up(self, quantity: int, version: int) -> None:
        quantities = {self._inputs.process: quantity}
        timeout = self._inputs.start_timeout
        up(self._heroku, self._inputs.app, quantities, version, timeout, self._status)

    def _back(self, before: _Before, *, releases: bool) -> str:
        """What is live after a change that failed, in words."""
        try:
            if not releases and before.process:
                self._scale(int(before.process["quantity"]), _size(before.process))
                return "number and size of its dynos are as before"
            target = self._earlier(before)
            if target is None or before.process is None:
                _remove(self._heroku, self._inputs)
                return "nothing was live before, and its dynos are stopped"
            self._roll_back(target, before.process)
        except ServiceError as error:
            return f"going back has failed too: {error}"
        return f"v{target.version} is live again"

    def _earlier(self, before: _Before) -> HerokuRelease | None:
        """The newest release with another image."""
        return next(
            (
                release
                for release in before.releases
                if release.status == "succeeded"
                and release.eligible
                and image_of(before.releases, release, self._inputs.process)
                not in {"", short_image(self._inputs.image)}
            ),
            None,
        )

    def _roll_back(self, target: HerokuRelease, process: dict[str, Any]) -> None:
        """Go back, also from a release that never went live: the next one would hold its image."""
        self._status(f"rolling back to v{target.version}")
        body = {"release": target.id}
        newest = history(self._heroku, self._inputs.app, most=1)[0].version
        self._heroku.post(f"{self._app}/releases", body)
        release = appeared(self._heroku, self._inputs.app, newest)
        if release is None:
            raise ServiceError(f"Heroku made no release of v{target.version}")
        succeeded(self._heroku, self._inputs.app, release, self._status)
        quantity = int(process["quantity"])
        self._scale(quantity, _size(process))
        self._up(quantity, release.version)


def _remove(heroku: Heroku, inputs: HerokuReleaseInputs) -> None:
    """Take a process type away, as `heroku container:rm` does."""
    path = f"/apps/{inputs.app}/formation/{inputs.process}"
    heroku.patch(path, {"docker_image": None}, variant="docker-releases")


def _size(process: dict[str, Any]) -> str:
    """Size of a process type's dynos, in small letters."""
    size: dict[str, Any] = process.get("dyno_size") or {}
    return str(size.get("name") or process.get("size") or "").lower()
