"""Routes: which containers take the requests, remembered over the end of the process."""

import contextlib
import os
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from modelport_serving.errors import StartError

Address = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,252}:[0-9]{1,5}$")]
"""`name:port` of a container in the private network."""


class Routes(BaseModel):
    """Where requests go."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    revision: str = ""
    """Revision that is live; empty: there is none yet."""
    addresses: tuple[Address, ...] = ()
    """Its containers."""
    max_body_bytes: Annotated[int, Field(ge=1)] = 2**20
    """Largest body that its server takes; a longer one is refused by it, unread."""


def read_routes(path: Path) -> Routes:
    """Read the file; none is there before the first version is live.

    Raises:
        StartError: it cannot be read.
    """
    try:
        return Routes.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Routes()
    except (OSError, ValueError) as error:
        raise StartError(f"{path} cannot be read: {' '.join(str(error).split())}") from None


def write_routes(path: Path, routes: Routes) -> None:
    """Write the file, whole or not at all; raises `OSError`."""
    draft = path.with_name(f"{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    with draft.open("x") as file:
        file.write(routes.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
