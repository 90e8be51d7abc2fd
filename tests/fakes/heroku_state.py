"""Apps, config vars, formations, releases and dynos of a small Heroku."""

import itertools
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from fakes.heroku_rules import Refused, invalid, missing

Body = dict[str, Any]
ACCOUNT = {"id": str(uuid.uuid5(uuid.NAMESPACE_DNS, "account")), "email": "ops@clinic.example"}
REGIONS = ("eu", "us")
SIZES = ("Eco", "Basic", "Standard-1X", "Standard-2X", "Performance-M", "Performance-L")


@dataclass
class Release:
    """One release with what it runs."""

    version: int
    description: str
    variables: dict[str, str]
    images: dict[str, str]
    ends: float
    status: str = "pending"
    booted: float = 0.0
    """When its dynos are up."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    at: str = field(default_factory=lambda: _now())


@dataclass
class App:
    """One app."""

    name: str
    region: str
    stack: str
    team: str | None
    stranger: bool = False
    """Whether it is another account's, which this one may not see."""
    maintenance: bool = False
    acm: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    releases: list[Release] = field(default_factory=list[Release])
    formation: dict[str, Body] = field(default_factory=dict[str, Body])
    """Quantity and size by process type."""

    @property
    def newest(self) -> Release:
        return self.releases[-1]

    @property
    def current(self) -> Release:
        return next(item for item in reversed(self.releases) if item.status == "succeeded")


@dataclass
class State:
    """Everything that this Heroku knows."""

    release_seconds: float = 0.0
    """How long a release is pending."""
    boot_seconds: float = 0.02
    """How long a dyno is starting."""
    failing: set[str] = field(default_factory=set[str])
    """Images whose releases fail."""
    crashing: set[str] = field(default_factory=set[str])
    """Images, or config vars as NAME=VALUE, with which dynos crash."""
    apps: list[App] = field(default_factory=list[App])
    accepted: list[str] = field(default_factory=list[str])
    """Every release that was made, as `APP: DESCRIPTION`."""
    count: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def app(self, identity: str) -> App:
        for app in self.apps:
            if identity in {app.id, app.name}:
                if app.stranger:
                    message = f"You do not have access to the app {identity}."
                    raise Refused(403, "forbidden", message)
                return app
        raise missing("app")

    def tick(self) -> None:
        """Let releases end whose time has come, one after the other."""
        now = time.monotonic()
        for release in (item for app in self.apps for item in app.releases):
            if release.status == "pending" and now >= release.ends:
                bad = self.failing & set(release.images.values())
                release.status = "failed" if bad else "succeeded"
                release.booted = now + self.boot_seconds

    # -- calls of the API, by resource and title

    def create_app(self, body: Body, team: str | None = None) -> Body:
        name = body.get("name") or f"quiet-forest-{next(self.count)}"
        if any(app.name == name for app in self.apps):
            raise invalid(f"Name {name} is already taken")
        region = body.get("region", "us")
        if region not in REGIONS:
            raise invalid(f"Region {region} was not found")
        app = App(name, region, body.get("stack", "heroku-24"), team)
        self.apps.append(app)
        for description in ("Initial release", "Enable Logplex"):
            self.release(app, description, {}, {}, seconds=0.0)
        answer = written_app(app)
        if team:  # in the schema of a team's app
            answer = {key: answer[key] for key in answer if key not in {"acm", "generation"}}
            answer["team"] = {"name": team}
        return answer

    def update_app(self, app: App, body: Body) -> Body:
        app.maintenance = body.get("maintenance", app.maintenance)
        app.stack = body.get("build_stack", app.stack)
        return written_app(app)

    def delete_app(self, app: App) -> Body:
        self.apps.remove(app)
        return written_app(app)

    def set_acm(self, app: App, *, on: bool) -> Body:
        app.acm = on
        return written_app(app)

    def update_variables(self, app: App, body: Body) -> Body:
        before = app.newest.variables
        after = {**before, **{key: value for key, value in body.items() if value is not None}}
        after = {key: value for key, value in after.items() if body.get(key, value) is not None}
        if after != before:
            verb = "Set" if any(value is not None for value in body.values()) else "Remove"
            self.release(app, f"{verb} {', '.join(body)} config vars", after, app.newest.images)
        return after

    def update_formation(self, app: App, updates: list[Body]) -> list[Body]:
        images = {
            item["type"]: item["docker_image"] for item in updates if item.get("docker_image")
        }
        for update in updates:
            kind = update["type"]
            if kind not in app.formation and kind not in images:
                raise missing("process type")
            size = (update.get("dyno_size") or {}).get("name")
            known = next((item for item in SIZES if item.lower() == str(size).lower()), None)
            if size and known is None:
                raise invalid(f"No such dyno size: {size}")
            there = app.formation.setdefault(
                kind, {"quantity": int(kind == "web"), "size": "Basic", "id": str(uuid.uuid4())}
            )
            there["quantity"] = update.get("quantity", there["quantity"])
            there["size"] = known or there["size"]
        if images and app.stack != "container":
            raise invalid("App is not on the container stack")
        # The same image as in the newest release makes none, also where that one has failed.
        newest = app.newest.images
        changed = {key: image for key, image in images.items() if newest.get(key) != image}
        if changed:
            what = ", ".join(f"{key} ({image[7:19]})" for key, image in changed.items())
            everything = {**app.newest.images, **changed}
            self.release(app, f"Deployed {what}", app.newest.variables, everything)
        return [written_process(app, kind) for kind in app.formation]

    def update_process(self, app: App, kind: str, body: Body) -> Body:
        if kind not in app.formation:
            raise missing("process type")
        if body.get("docker_image", "") is not None:
            self.update_formation(app, [{"type": kind, **body}])
            return written_process(app, kind)
        answer = written_process(app, kind)
        del app.formation[kind]
        left = {key: image for key, image in app.newest.images.items() if key != kind}
        self.release(app, f"Removed {kind}", app.newest.variables, left)
        return answer

    def roll_back(self, app: App, body: Body) -> Body:
        target = next((item for item in app.releases if item.id == body["release"]), None)
        if target is None:
            raise missing("release")
        if target.status != "succeeded":
            raise invalid(f"Cannot roll back to v{target.version}")
        description = f"Rollback to v{target.version}"
        made = self.release(app, description, target.variables, target.images)
        return written_release(app, made)

    def release(
        self,
        app: App,
        description: str,
        variables: dict[str, str],
        images: dict[str, str],
        *,
        seconds: float | None = None,
    ) -> Release:
        ends = time.monotonic() + (self.release_seconds if seconds is None else seconds)
        made = Release(len(app.releases) + 1, description, dict(variables), dict(images), ends)
        app.releases.append(made)
        self.accepted.append(f"{app.name}: {description}")
        self.tick()
        return made

    def dynos(self, app: App) -> list[Body]:
        release = app.current
        variables = {f"{key}={value}" for key, value in release.variables.items()}
        found: list[Body] = []
        for kind, process in app.formation.items():
            if kind not in release.images:
                continue
            bad = self.crashing & (variables | {release.images[kind]})
            state = "crashed" if bad else "up"
            state = state if time.monotonic() >= release.booted else "starting"
            found += [
                written_dyno(app, release, kind, number + 1, process["size"], state)
                for number in range(process["quantity"])
            ]
        return found


def written_app(app: App) -> Body:
    """As the API answers; the team's id follows from its name."""
    stack = {"id": _id(app.stack), "name": app.stack}
    return {
        "id": app.id,
        "name": app.name,
        "acm": app.acm,
        "archived_at": None,
        "build_stack": stack,
        "stack": stack,
        "created_at": _now(),
        "updated_at": _now(),
        "generation": {"id": _id("cedar"), "name": "cedar"},
        "maintenance": app.maintenance,
        "owner": ACCOUNT,
        "region": {"id": _id(app.region), "name": app.region},
        "released_at": app.newest.at if app.releases else None,
        "slug_size": None,
        "team": {"id": _id(app.team), "name": app.team} if app.team else None,
        "web_url": f"https://{app.name}-{app.id[:12].replace('-', '')}.herokuapp.com/",
    }


def written_process(app: App, kind: str) -> Body:
    process = app.formation[kind]
    return {
        "app": {"id": app.id, "name": app.name},
        "command": "",
        "created_at": _now(),
        "updated_at": _now(),
        "id": process["id"],
        "quantity": process["quantity"],
        "size": process["size"],
        "dyno_size": {"id": _id(process["size"]), "name": process["size"]},
        "type": kind,
    }


def written_release(app: App, release: Release) -> Body:
    return {
        "app": {"id": app.id, "name": app.name},
        "artifacts": [],
        "addon_plan_names": [],
        "created_at": release.at,
        "updated_at": release.at,
        "current": release is app.current,
        "description": release.description,
        "eligible_for_rollback": release.status == "succeeded",
        "id": release.id,
        "output_stream_url": None,
        "slug": None,
        "status": release.status,
        "user": ACCOUNT,
        "version": release.version,
    }


def written_dyno(app: App, release: Release, kind: str, number: int, size: str, state: str) -> Body:
    return {
        "app": {"id": app.id, "name": app.name},
        "attach_url": None,
        "command": "",
        "created_at": release.at,
        "updated_at": release.at,
        "id": _id(f"{release.id}.{kind}.{number}"),
        "name": f"{kind}.{number}",
        "release": {"id": release.id, "version": release.version},
        "size": size,
        "state": state,
        "type": kind,
    }


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
