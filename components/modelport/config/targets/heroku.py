"""Kind `heroku`: an app on Heroku."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modelport.config.targets.base import CloudTarget, Component


class HerokuTarget(CloudTarget):
    """An app on Heroku's common runtime."""

    COMPONENT: ClassVar[Component] = "AppService"

    kind: Literal["heroku"] = "heroku"
    """Kind of target."""
    region: Annotated[str, Field(pattern=r"^(us|eu)$")] = "us"
    """Region of the common runtime, `us` or `eu`."""
    dyno: Literal["basic", "standard-1x", "standard-2x", "performance-m", "performance-l"] = (
        "standard-1x"
    )
    """Size of a dyno."""
    dynos: Annotated[int, Field(ge=1, le=100)] = 1
    """Number of dynos; those of size `basic` can only be one."""
    team: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    """Team that owns the app; left out, the account of the key."""
