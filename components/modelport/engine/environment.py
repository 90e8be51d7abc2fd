"""Engine environment: all that plain `pulumi` needs to work on a project's home."""

import os
import sys
from pathlib import Path

from modelport.engine.cache import cache_root
from modelport.files import write_whole
from modelport.home import ENV, OFFLINE_ENV, Home
from modelport_serving import QUIET

PASSPHRASE = "modelport-development"  # noqa: S105 - published on purpose, see below
"""Passphrase of development stacks. It protects nothing and is meant to be known: every clone can
read the development stack, and no other stack may use it."""


def engine_environment(home: Home) -> dict[str, str]:
    """Variables for the engine, complete and ready for a child process.

    The user's own PULUMI_HOME, backend and passphrase hold. With a backend or passphrase of the
    user's no development passphrase is set: it must not end up in stacks that others read.
    """
    given = _with_bytecode(dict(os.environ))
    backend = f"file://{home.state}"
    if home.offline:
        given = _without_the_real(given)
    ours = {
        **QUIET,
        "BENTOML_HOME": str(home.bentoml),
        ENV: str(home.root),
        "PATH": _path(home, given.get("PATH", "")),
        # The engine's language host runs pip, which would look for a newer pip on the network.
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PULUMI_BACKEND_URL": given.get("PULUMI_BACKEND_URL") or backend,
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
        "PULUMI_HOME": str(pulumi_home(home)),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
    }
    if home.offline:
        ours[OFFLINE_ENV] = str(home.offline)
        # A real provider's plugin that lies on the PATH would be taken before ours.
        ours["PULUMI_IGNORE_AMBIENT_PLUGINS"] = "1"
        # The state is saved once, at the end: a killed run leaves nothing that is missed.
        ours |= {"PULUMI_EXPERIMENTAL": "1", "PULUMI_SKIP_CHECKPOINTS": "1"}
    packs = _policy_packs(home)
    if packs and "PULUMI_OPTION_POLICY_PACK" not in given:
        ours["PULUMI_OPTION_POLICY_PACK"] = packs
    chosen = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
    # An empty PULUMI_CONFIG_PASSPHRASE is a passphrase too.
    if ours["PULUMI_BACKEND_URL"] == backend and not any(name in given for name in chosen):
        ours["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(home.passphrase)
    return {**given, **ours}


def pulumi_home(home: Home) -> Path:
    """Folder of the engine's plugins and settings: the user's own, else the one in the home.

    Offline it is always the home's: the user's own may hold plugins that make real things.
    """
    own = os.environ.get("PULUMI_HOME")
    return Path(own).absolute() if own and not home.offline else home.pulumi


def prepare_home(home: Home) -> None:
    """Make the folders that the engine expects, and the file with the development passphrase."""
    home.root.mkdir(parents=True, exist_ok=True)
    ignore = home.root / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")  # whatever project this is, nothing of it belongs into git
    home.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    pulumi_home(home).mkdir(mode=0o700, parents=True, exist_ok=True)
    if not home.passphrase.exists():
        write_whole(home.passphrase, f"{PASSPHRASE}\n".encode(), mode=0o600)


def _with_bytecode(given: dict[str, str]) -> dict[str, str]:
    """Variables that let Python keep what it compiled, beside the engine where not in place.

    Images and CI often forbid it; but a module of a cloud SDK has hundreds of files, and to compile
    them anew takes longer than a preview.
    """
    if not given.get("PYTHONDONTWRITEBYTECODE"):
        return given
    kept = {name: value for name, value in given.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {"PYTHONPYCACHEPREFIX": str(cache_root().with_name("bytecode"))} | kept


def _without_the_real(given: dict[str, str]) -> dict[str, str]:
    """Variables without the user's own backend, passphrase and provider processes."""
    real = (
        "PULUMI_BACKEND_URL",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "PULUMI_DEBUG_PROVIDERS",
    )
    return {name: value for name, value in given.items() if name not in real}


def _policy_packs(home: Home) -> str:
    """The project's packs as the engine takes them: absolute paths with commas between."""
    found = sorted(home.project.glob("policies/*/PulumiPolicy.yaml"))
    quoted = (str(file.parent) for file in found)
    # The engine splits the list as one line of CSV.
    return ",".join(f'"{path}"' if "," in path else path for path in quoted)


def _path(home: Home, given: str) -> str:
    # The Python host of the engine starts the first `python` on PATH, whatever Pulumi.yaml says.
    first = [str(Path(sys.prefix) / "bin"), str(home.engine)]
    rest = [entry for entry in given.split(os.pathsep) if entry and entry not in first]
    return os.pathsep.join([*first, *rest])
