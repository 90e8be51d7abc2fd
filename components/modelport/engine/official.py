"""Official installer: the engine as its makers publish it, by the Automation API."""

import subprocess
import sys
from pathlib import Path

from modelport.engine.cache import VERSION

ADDRESS = "https://get.pulumi.com/install.sh"
"""What must answer before the installer is started: it knows no time limit of its own."""

_SECONDS = 600.0
_SCRIPT = """
import sys
from pulumi.automation import PulumiCommand
from semver import VersionInfo
PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))
"""


def install_official(folder: Path) -> str | None:
    """Install the engine into `folder`/bin; a text says why it could not be done.

    It runs in a process of its own: the Automation API takes half a second to import, and its
    downloads have no time limit.
    """
    command = [sys.executable, "-c", _SCRIPT, str(folder), VERSION]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"not done after {_SECONDS / 60:.0f} min"
    if done.returncode == 0:
        return None
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"it ended with status {done.returncode}"
