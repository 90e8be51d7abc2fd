"""What tests of Heroku's resource types share; as a program it makes an app, to be killed at it:
`python -m provider.heroku_life FOLDER`, `tests` on the path.
"""

import sys
from pathlib import Path
from typing import Any

from modelport.home import Home
from modelport.provider.handler import Context
from modelport.provider.heroku_app import HerokuAppHandler, HerokuAppInputs
from modelport.provider.heroku_config_vars import HerokuConfigVarsHandler, HerokuConfigVarsInputs
from modelport.provider.heroku_release import HerokuReleaseHandler, HerokuReleaseInputs

APPS, VARIABLES, RELEASES = HerokuAppHandler(), HerokuConfigVarsHandler(), HerokuReleaseHandler()
NAME = "mp-cancer-prod"
A, B, C = ("sha256:" + digit * 64 for digit in "abc")


def context(folder: Path) -> Context:
    return Context(Home(folder / ".modelport"), lambda _: None)


def app_inputs(**more: Any) -> HerokuAppInputs:
    values: dict[str, Any] = {"name": NAME, "region": "eu", "deployment": "prod/cancer"}
    return HerokuAppInputs.model_validate(values | more)


def variables(values: dict[str, str], **more: Any) -> HerokuConfigVarsInputs:
    given = {"app": NAME, "values": values, "start_timeout": 20}
    return HerokuConfigVarsInputs.model_validate(given | more)


def release(image: str = A, **more: Any) -> HerokuReleaseInputs:
    values = {"app": NAME, "image": image, "version": image[7:23], "start_timeout": 20}
    return HerokuReleaseInputs.model_validate(values | more)


if __name__ == "__main__":
    APPS.create(context(Path(sys.argv[1])), app_inputs())
