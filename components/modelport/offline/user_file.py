"""User file: a map in YAML or JSON that an environment variable names."""

from pathlib import Path
from typing import cast

import yaml

from modelport.errors import ConfigError
from modelport.provider.wire import Json


def read_map(path: Path, variable: str, wanted: str) -> dict[str, Json]:
    """The file's entries; none when it is empty.

    Args:
        path: The file.
        variable: Environment variable that names it.
        wanted: What it must hold, for the error.

    Raises:
        ConfigError: it cannot be read, or holds something else.
    """
    try:
        content = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{variable}: {path} cannot be read ({error})"]) from None
    except yaml.YAMLError as error:
        place = str(error).replace("\n", " ")
        raise ConfigError([f"{variable}: {path} is neither YAML nor JSON ({place})"]) from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError([f"{path}: expected {wanted}"])
    return {str(key): value for key, value in cast("dict[object, Json]", content).items()}
