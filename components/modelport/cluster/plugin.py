"""Plugin: the stand-in for the official Kubernetes plugin, where the engine looks for that one."""

from pathlib import Path

from modelport.engine.environment import pulumi_home
from modelport.engine.plugin import install_shim
from modelport.home import Home
from modelport.sdk import version

PACKAGE = "kubernetes"
_PROGRAM = f"pulumi-resource-{PACKAGE}"
_MODULE = "modelport.cluster"
_LARGEST_SHIM = 4096


def install_stand_in(home: Home) -> Path | None:
    """Put the stand-in where the engine looks, unless the official plugin is there.

    Returns:
        The stand-in; none when the official plugin is installed in the version of the SDK.

    Raises:
        EngineError: the folder cannot be written.
    """
    wanted = version(PACKAGE)
    found = pulumi_home(home) / "plugins" / f"resource-{PACKAGE}-v{wanted}" / _PROGRAM
    if found.exists() and not is_stand_in(found):
        return None
    return install_shim(home, PACKAGE, wanted, _MODULE)


def is_stand_in(program: Path) -> bool:
    """Whether a plugin's program is ours: a few lines of shell that start this package."""
    if program.stat().st_size > _LARGEST_SHIM:
        return False
    return f"-m {_MODULE} " in program.read_text(errors="replace")
