"""modelport:heroku:ConfigVars: config vars of an app, of which others are left alone."""

import re
from typing import Annotated, Any

from pydantic import ConfigDict, Field, field_validator

from modelport.cloud.heroku import Heroku, NotFoundError
from modelport.errors import ServiceError
from modelport.provider.handler import Context, Handler, Inputs, Outputs
from modelport.provider.heroku_app import MARK
from modelport.provider.heroku_live import (
    appeared,
    formation,
    history,
    settle,
    succeeded,
    up,
)

_NAME = re.compile(r"\w+", re.ASCII)
_RESERVED = {MARK: "it says whose the app is", "PORT": "Heroku sets it for every dyno"}


class HerokuConfigVarsInputs(Inputs):
    """Inputs of config vars."""

    model_config = ConfigDict(hide_input_in_errors=True)  # values are secret

    app: Annotated[str, Field(min_length=1)]
    """App: its id, or its name."""
    values: dict[str, str]
    """Values by name, all of them secret; a name is of letters, digits and `_`."""
    start_timeout: Annotated[float, Field(gt=0)] = 300
    """Seconds in which the dynos that run must be up again after a change."""

    @field_validator("values")
    @classmethod
    def _names(cls, values: dict[str, str]) -> dict[str, str]:
        for name in values:
            if name in _RESERVED:
                raise ValueError(f"{name} cannot be set: {_RESERVED[name]}")
            if not _NAME.fullmatch(name):
                message = f"{name!r} is no name of a config var; use letters, digits and _"
                raise ValueError(message)
        return values


class HerokuConfigVarsHandler(Handler[HerokuConfigVarsInputs]):
    """A change restarts the dynos; when they do not come up, the values before are set again."""

    token = "modelport:heroku:ConfigVars"
    inputs = HerokuConfigVarsInputs
    replaces = frozenset({"app"})
    identity = frozenset({"app"})
    secret = frozenset({"values"})
    unforeseen = frozenset({"names"})

    def create(self, context: Context, inputs: HerokuConfigVarsInputs) -> tuple[str, Outputs]:
        """Set them."""
        _set(context, inputs, frozenset())
        return self.offline_id(inputs), self.invented(inputs)

    def read(
        self,
        context: Context,
        resource_id: str,
        inputs: HerokuConfigVarsInputs,
        outputs: Outputs,
    ) -> Outputs | None:
        """Those of them that are there, as they are."""
        del context, resource_id, outputs
        try:
            live = Heroku().get(f"/apps/{inputs.app}/config-vars")
        except NotFoundError:
            return None
        values = {name: live[name] for name in inputs.values if name in live}
        return {**self.invented(inputs), "values": values}

    def update(
        self,
        context: Context,
        resource_id: str,
        old: HerokuConfigVarsInputs,
        new: HerokuConfigVarsInputs,
        outputs: Outputs,
    ) -> Outputs:
        """Set what is different, and remove what is no longer wanted."""
        del resource_id, outputs
        _set(context, new, old.values.keys() - new.values.keys())
        return self.invented(new)

    def delete(self, context: Context, resource_id: str, inputs: HerokuConfigVarsInputs) -> None:
        """Remove them, and no others."""
        del context, resource_id
        heroku, path = Heroku(), f"/apps/{inputs.app}/config-vars"
        try:
            live = heroku.get(path)
            change = {name: None for name in inputs.values if name in live}
            if change:
                heroku.patch(path, change)
        except NotFoundError:
            return

    def invented(self, inputs: HerokuConfigVarsInputs) -> Outputs:
        """As of real ones."""
        return {"names": sorted(inputs.values)}

    def offline_id(self, inputs: HerokuConfigVarsInputs) -> str:
        """As of real ones."""
        return f"{inputs.app}/config-vars"

    def drift(
        self,
        context: Context,
        resource_id: str,
        inputs: HerokuConfigVarsInputs,
        outputs: Outputs,
    ) -> frozenset[str]:
        """What the last refresh found to be different."""
        del context, resource_id
        same = outputs.get("values", inputs.values) == inputs.values
        return frozenset() if same else frozenset({"values"})


def _set(context: Context, inputs: HerokuConfigVarsInputs, gone: frozenset[str] | set[str]) -> None:
    heroku, path = Heroku(), f"/apps/{inputs.app}/config-vars"
    live = heroku.get(path)
    change: dict[str, str | None] = {
        name: value for name, value in inputs.values.items() if live.get(name) != value
    }
    change |= {name: None for name in gone if name in live}
    if not change:
        return
    settle(heroku, inputs.app, context.status)
    context.status(f"setting {', '.join(sorted(change))}")
    try:
        _apply(context, heroku, inputs, change)
    except ServiceError as error:
        before = {name: live.get(name) for name in change}
        raise ServiceError(f"{error}; {_restored(context, heroku, inputs, before)}") from None


def _restored(
    context: Context,
    heroku: Heroku,
    inputs: HerokuConfigVarsInputs,
    before: dict[str, Any],
) -> str:
    """What has become of the config vars after a change that failed."""
    try:
        _apply(context, heroku, inputs, before)
    except ServiceError as error:
        return f"setting the config vars from before has failed too: {error}"
    return "the config vars from before are set again"


def _apply(
    context: Context,
    heroku: Heroku,
    inputs: HerokuConfigVarsInputs,
    change: dict[str, str | None],
) -> None:
    """Set config vars and wait for the dynos, where some run."""
    app = inputs.app
    hidden = [*inputs.values.values(), *(value for value in change.values() if value)]
    releases = history(heroku, app, most=1)
    heroku.patch(f"/apps/{app}/config-vars", change, hidden=hidden)
    release = appeared(heroku, app, releases[0].version if releases else 0)
    if release is None:
        return
    succeeded(heroku, app, release, context.status)
    quantities = {name: int(item["quantity"]) for name, item in formation(heroku, app).items()}
    up(heroku, app, quantities, release.version, inputs.start_timeout, context.status)
