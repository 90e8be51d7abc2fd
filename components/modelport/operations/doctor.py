"""Doctor: what is set up, what is not, and what to do about it."""

import os
import shutil
import socket
import sys
from dataclasses import dataclass

from modelport import __version__
from modelport.bundles import list_bundles
from modelport.cloud.credentials import missing_credentials
from modelport.config import Deployment, LocalTarget
from modelport.config.targets.docker import DockerTarget
from modelport.containers.engine import EngineAddress, connected
from modelport.engine import find_engine
from modelport.errors import ModelportError
from modelport.home import Home
from modelport.operations.inspect import LOCAL, live_version
from modelport.operations.session import check_config


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    what: str
    """What was looked at."""
    ok: bool
    """Whether it is as it should be."""
    found: str
    """What was found, or what to do."""


def examine(home: Home, stack: str) -> list[Check]:
    """Look at everything that an update needs; changes nothing."""
    checks = [_python(), _engine(home), _plugin(home), _curl()]
    try:
        config = check_config(home, stack)
    except ModelportError as error:
        return [*checks, Check(f"Pulumi.{stack}.yaml", ok=False, found=str(error))]
    checks.append(Check(f"Pulumi.{stack}.yaml", ok=True, found="valid"))
    for name, deployment in config.deployments.items():
        checks.append(_bundle(home, name, deployment))
        if isinstance(deployment.target, LocalTarget):
            checks.append(_port(home, stack, name, deployment.target))
        elif isinstance(deployment.target, DockerTarget) and not home.offline:
            checks.append(_docker(name, deployment.target))
    clouds = {item.kind for item in config.deployments.values()} - {LOCAL}
    missing = [] if home.offline else missing_credentials(clouds)
    checks += [Check("credentials", ok=False, found=text) for text in missing]
    return checks


def _python() -> Check:
    version = sys.version.split()[0]
    return Check("python", sys.version_info >= (3, 11), f"{version} at {sys.prefix}")


def _engine(home: Home) -> Check:
    engine = find_engine()
    if engine is None:
        return Check("engine", ok=False, found="none; run 'make setup' or 'modelport setup'")
    linked = "" if home.engine.exists() else "; not linked here, run 'modelport setup'"
    return Check(
        "engine", ok=not linked, found=f"Pulumi {engine.version} ({engine.origin}){linked}"
    )


def _plugin(home: Home) -> Check:
    folder = home.pulumi / "plugins" / f"resource-modelport-v{__version__}"
    ok = os.access(folder / "pulumi-resource-modelport", os.X_OK)
    return Check(
        "plugin", ok, f"modelport {__version__}" if ok else "missing; run 'modelport setup'"
    )


def _curl() -> Check:
    ok = shutil.which("curl") is not None
    return Check("curl", ok=True, found="there" if ok else "not there; use 'modelport predict'")


def _bundle(home: Home, name: str, deployment: Deployment) -> Check:
    built = list_bundles(home, deployment.bundle_name)
    wanted = deployment.bundle_version
    matching = [record for record in built if wanted is None or record.version.startswith(wanted)]
    if matching:
        return Check(f"{name}: bundle", ok=True, found=matching[0].tag.replace(":", "@"))
    if wanted is None:
        return Check(f"{name}: bundle", ok=True, found="not built yet; 'modelport up' builds it")
    known = ", ".join(record.version for record in built) or "none"
    return Check(
        f"{name}: bundle", ok=False, found=f"{deployment.bundle} is not here; versions: {known}"
    )


def _port(home: Home, stack: str, name: str, target: LocalTarget) -> Check:
    version = live_version(home, stack, name)
    if version is not None:
        return Check(f"{name}: port", ok=True, found=f"{target.port} serves {version}")
    try:
        socket.create_server((target.host, target.port)).close()
    except OSError as error:
        return Check(f"{name}: port", ok=False, found=f"{target.port}: {error.strerror}")
    return Check(f"{name}: port", ok=True, found=f"{target.port} is free")


def _docker(name: str, target: DockerTarget) -> Check:
    what = f"{name}: docker"
    try:
        with connected(EngineAddress(target.host or "", target.certificates or "")) as engine:
            facts = engine.facts
    except ModelportError as error:
        return Check(what, ok=False, found=str(error))
    unbounded = [limit for limit in ("MemoryLimit", "PidsLimit") if not facts.get(limit)]
    if unbounded:
        found = f"the engine cannot bound containers: {', '.join(unbounded)} is off in its kernel"
        return Check(what, ok=False, found=found)
    return Check(what, ok=True, found=f"engine {facts['ServerVersion']} on {facts['Name']}")
