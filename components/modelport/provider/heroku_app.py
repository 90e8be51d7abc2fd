"""modelport:heroku:App: an app on Heroku that images are released to.

An app's name is taken from all of Heroku. So that one that a killed update made is found again and
a stranger's is never taken over, ours bear a config var with the deployment's name. The API makes
an app without config vars; for the moment in between, a file in the project's home says what was
being made. Images of the container registry run on Heroku's Cedar generation, which apps outside
private spaces are of: https://devcenter.heroku.com/changelog-items/3075.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from modelport.cloud.heroku import ForbiddenError, Heroku, NotFoundError, found
from modelport.errors import ServiceError
from modelport.provider.handler import Context, Handler, Inputs, Outputs

MARK = "MODELPORT_DEPLOYMENT"
"""Config var that says whose an app is."""
STACK = "container"
"""Stack of apps that run images."""
_REGISTRY = "registry.heroku.com"


class HerokuAppInputs(Inputs):
    """Inputs of an app."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,28}[a-z0-9]$")]
    """Name, unlike any other on Heroku; the pattern is that of the API's schema."""
    region: Annotated[str, Field(min_length=1)]
    """Region, `eu` or `us` in the common runtime."""
    deployment: Annotated[str, Field(pattern=r"^[^/]+/[^/]+$")]
    """Stack and deployment whose app it is, e.g. `prod/cancer`."""
    team: str | None = None
    """Team that owns it; none: the account of the key."""
    maintenance: bool = False
    """Whether all requests get the maintenance page instead of the app."""
    acm: bool | None = None
    """Whether Heroku manages certificates of custom domains; none: as Heroku has it."""


class HerokuAppHandler(Handler[HerokuAppInputs]):
    """Its id is the app's own, which no later app of the same name has."""

    token = "modelport:heroku:App"
    inputs = HerokuAppInputs
    replaces = frozenset({"name", "region", "team"})
    identity = frozenset({"name"})

    def create(self, context: Context, inputs: HerokuAppInputs) -> tuple[str, Outputs]:
        """Make it, or take over what an earlier attempt has made."""
        heroku = Heroku()
        note = _note(context, inputs)
        app = _visible(heroku, inputs.name)
        made = app is None
        if app is None:
            context.status(f"creating {inputs.name}")
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_text(inputs.name)
            app = heroku.post(*_creation(inputs))
        else:
            _check_ours(heroku, app, inputs, note)
        try:
            app = _completed(heroku, str(app["id"]), inputs)
        except ServiceError:
            if made:
                heroku.delete(f"/apps/{app['id']}")
                note.unlink(missing_ok=True)
            raise
        note.unlink(missing_ok=True)
        return str(app["id"]), _outputs(app)

    def read(
        self, context: Context, resource_id: str, inputs: HerokuAppInputs, outputs: Outputs
    ) -> Outputs | None:
        """The app as Heroku describes it."""
        del context, outputs
        heroku = Heroku()
        app = found(heroku, f"/apps/{resource_id}")
        if app is None:
            return None
        live = _live(heroku, app)
        return _outputs(app) | {key: live[key] for key in _differences(live, inputs)}

    def update(
        self,
        context: Context,
        resource_id: str,
        old: HerokuAppInputs,
        new: HerokuAppInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Maintenance, certificates and the mark."""
        del context, old, outputs
        heroku = Heroku()
        return _outputs(_completed(heroku, resource_id, new))

    def delete(self, context: Context, resource_id: str, inputs: HerokuAppInputs) -> None:
        """Remove the app with its releases, config vars and images."""
        context.status(f"deleting {inputs.name}")
        try:
            Heroku().delete(f"/apps/{resource_id}")
        except NotFoundError:
            return

    def invented(self, inputs: HerokuAppInputs) -> Outputs:
        """Addresses that resolve nowhere."""
        return {
            "app_id": self.offline_id(inputs),
            "web_url": f"https://{inputs.name}.offline.invalid/",
            "repository": f"{_REGISTRY}/{inputs.name}/web",
        }

    def offline_id(self, inputs: HerokuAppInputs) -> str:
        """A marked id in the form of Heroku's."""
        tail = hashlib.sha256(inputs.name.encode()).hexdigest()
        return f"0ff11e{tail[:2]}-{tail[2:6]}-4{tail[6:9]}-8{tail[9:12]}-{tail[12:24]}"

    def drift(
        self, context: Context, resource_id: str, inputs: HerokuAppInputs, outputs: Outputs
    ) -> frozenset[str]:
        """What the last refresh found to be different."""
        del context, resource_id
        return frozenset(
            key
            for key in ("maintenance", "acm", "deployment")
            if key in outputs and outputs[key] != getattr(inputs, key)
        )


def _visible(heroku: Heroku, name: str) -> dict[str, Any] | None:
    """The app of this name; none when nobody has it."""
    try:
        return found(heroku, f"/apps/{name}")
    except ForbiddenError:
        message = f"the app name {name!r} is taken by another account of Heroku; choose another one"
        raise ServiceError(message) from None


def _creation(inputs: HerokuAppInputs) -> tuple[str, dict[str, Any]]:
    """Path and body of the request that makes the app; teams have a path of their own."""
    body = {"name": inputs.name, "region": inputs.region, "stack": STACK}
    if inputs.team:
        return "/teams/apps", {**body, "team": inputs.team}
    return "/apps", body


def _check_ours(heroku: Heroku, app: dict[str, Any], inputs: HerokuAppInputs, note: Path) -> None:
    """Refuse an app that is not this deployment's, or not what it should be."""
    name = inputs.name
    own = heroku.get(f"/apps/{name}/config-vars")
    if own.get(MARK, inputs.deployment) != inputs.deployment:
        message = f"the app {name!r} is the deployment {own[MARK]}'s; choose another name"
        raise ServiceError(message)
    begun = note.is_file() and note.read_text() == name
    untouched = not own and not heroku.items(f"/apps/{name}/formation")
    if MARK not in own and not (begun and untouched):
        message = (
            f"the app {name!r} is there already and not marked as ours; choose another name, or "
            f"give it to this deployment: heroku config:set {MARK}={inputs.deployment} -a {name}"
        )
        raise ServiceError(message)
    there = {
        "region": app["region"]["name"],
        "stack": app["build_stack"]["name"],
        "team": (app.get("team") or {}).get("name"),
    }
    wanted = {"region": inputs.region, "stack": STACK, "team": inputs.team}
    for key, value in wanted.items():
        if there[key] != value:
            message = (
                f"the app {name!r} is there already with {key} {there[key]}, not {value}; "
                f"delete it: heroku apps:destroy {name}"
            )
            raise ServiceError(message)


def _completed(heroku: Heroku, app_id: str, inputs: HerokuAppInputs) -> dict[str, Any]:
    """The app after all that cannot be said when it is made."""
    path = f"/apps/{app_id}"
    app = heroku.get(path)  # a team's new app is answered in part only
    other = _differences(_live(heroku, app), inputs)
    if "deployment" in other:
        heroku.patch(f"{path}/config-vars", {MARK: inputs.deployment})
    if "maintenance" in other:
        heroku.patch(path, {"maintenance": inputs.maintenance})
    if "acm" in other and inputs.acm:
        heroku.post(f"{path}/acm", {})
    elif "acm" in other:
        heroku.delete(f"{path}/acm")
    return heroku.get(path) if other else app


def _live(heroku: Heroku, app: dict[str, Any]) -> dict[str, Any]:
    """The inputs that an app has now, as far as they can change."""
    own = heroku.get(f"/apps/{app['id']}/config-vars")
    return {
        "deployment": str(own.get(MARK) or ""),
        "maintenance": bool(app["maintenance"]),
        "acm": bool(app["acm"]),
    }


def _differences(live: dict[str, Any], inputs: HerokuAppInputs) -> list[str]:
    wanted = {
        "deployment": inputs.deployment,
        "maintenance": inputs.maintenance,
        "acm": live["acm"] if inputs.acm is None else inputs.acm,
    }
    return [key for key in wanted if live[key] != wanted[key]]


def _note(context: Context, inputs: HerokuAppInputs) -> Path:
    """The file that says which app is being made."""
    stack, _, name = inputs.deployment.partition("/")
    return context.home.deployment(stack, name) / "heroku-app"


def _outputs(app: dict[str, Any]) -> Outputs:
    return {
        "app_id": str(app["id"]),
        "web_url": str(app.get("web_url") or ""),
        "repository": f"{_REGISTRY}/{app['name']}/web",
    }
