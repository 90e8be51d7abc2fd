"""A real Docker daemon, buildah and a real registry with a login, for the time of one test.

Nothing can be pulled on a machine without a way out, so the base image is made from Debian's
packages. Where pip finds packages is what it is told on this machine; that goes into the base
image, which is gone afterwards.
"""

import base64
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from cache_folder import cache_folder
from debian import bring
from serving.containers import free_port

BASE = "localhost/modelport-tests/python:3.11"
USER, PASSWORD = "builder", "only for tests"
PACKAGES = {
    "docker": "docker.io",
    "dockerd": "docker.io",
    "iptables": "iptables",
    "ip": "iproute2",
    "docker-registry": "docker-registry",
    "debootstrap": "debootstrap",
    "buildah": "buildah",
}
"""Programs that are needed, and the packages of Debian that have them."""
_INCLUDED = "python3,python3-pip,ca-certificates"
_LEFT_OUT = (
    "var/cache/apt/*", "var/lib/apt/lists/*", "usr/share/doc/*", "usr/share/locale/*",
    "usr/share/man/*", "usr/share/info/*",
)  # fmt: skip
"""What slim images leave out too."""
_PIP = ("index-url", "extra-index-url", "trusted-host", "timeout", "default-timeout", "proxy")
_CERTIFICATES = "etc/ssl/certs/tests.crt"


@dataclass(frozen=True)
class DockerHost:
    """A daemon with the base image, and a registry."""

    registry: str
    """Its host and port."""
    config: Path
    """The user's Docker configuration, which knows the registry's login."""
    bridge: bool
    """Whether containers can have a network of their own."""
    folder: Path
    """Where all its files are; it is removed, with what is mounted there."""

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to use it."""
        names = ("DOCKER_HOST", "DOCKER_CONFIG", "MODELPORT_BUILD_NETWORK")
        return {name: os.environ[name] for name in names}

    def need_bridge(self) -> None:
        """Skip where the kernel gives the daemon no network of its own."""
        if not self.bridge:
            # Some sandboxes forbid it; what needs no network of its own is played all the same.
            pytest.skip("the daemon could make no bridge network here")

    def run(self, *arguments: str) -> str:
        return _said("docker", *arguments)

    @contextlib.contextmanager
    def buildah(self) -> Generator[None]:
        """Let buildah build, from a store of its own with nothing but the base image in it."""
        store = Path(tempfile.mkdtemp(prefix="b", dir=self.folder))
        driver = "overlay" if self.run("info", "--format", "{{.Driver}}") == "overlay2" else "vfs"
        (store / "storage.conf").write_text(
            f'[storage]\ndriver = "{driver}"\n'
            f'graphroot = "{store}/images"\nrunroot = "{store}/run"\n'
        )
        self.run("save", "--output", f"{store}/base.tar", BASE)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CONTAINERS_STORAGE_CONF", f"{store}/storage.conf")
            patch.setenv("BUILDAH_ISOLATION", "chroot")
            patch.setenv("MODELPORT_BUILDER", "buildah")
            _said("buildah", "pull", f"docker-archive:{store}/base.tar")
            yield


def missing() -> str | None:
    """Why there can be no Docker here; installs it where that is all that is missing."""
    if os.geteuid() != 0:
        return "a Docker daemon of the test's own needs root"
    return bring(PACKAGES)


@contextlib.contextmanager
def docker_host() -> Generator[DockerHost]:
    """Start everything, and leave nothing running."""
    folder = Path(tempfile.mkdtemp(prefix="mpd-"))  # short: it holds a socket
    config = folder / "config"
    config.mkdir()
    registry = f"127.0.0.1:{free_port()}"
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        stack.callback(_remove, folder)
        patch.setenv("DOCKER_HOST", f"unix://{folder}/sock")
        patch.setenv("DOCKER_CONFIG", str(config))
        patch.setenv("MODELPORT_BUILD_NETWORK", "host")
        bridge = stack.enter_context(_bridge())
        if bridge is not None:
            with_bridge = [*_daemon(folder), "--bridge", bridge]
            try:
                stack.enter_context(_program(with_bridge, folder, _answers_docker))
            except AssertionError:
                bridge = None
        if bridge is None:
            without = [*_daemon(folder), "--bridge=none"]
            stack.enter_context(_program(without, folder, _answers_docker))
        stack.enter_context(_program(_registry(folder, registry), folder, _answers(registry)))
        secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        (config / "config.json").write_text(json.dumps({"auths": {registry: {"auth": secret}}}))
        _make_base(folder)
        host = DockerHost(registry, config, bridge is not None, folder)
        stack.callback(lambda: _remove_containers(host))
        yield host


def _said(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _remove_containers(host: DockerHost) -> None:
    for container in host.run("ps", "--all", "--quiet").split():
        host.run("rm", "--force", container)


@contextlib.contextmanager
def _bridge() -> Generator[str | None]:
    """A network bridge of the daemon's own; None where the kernel gives none.

    Several daemons run here at once, and one without a bridge removes Docker's default bridge
    from under the others.
    """
    for number in range(_BRIDGES):
        name, address = f"mp-docker{number}", f"10.78.{number}.1/24"
        if _ip("link", "add", name, "type", "bridge"):
            try:
                up = _ip("address", "add", address, "dev", name) and _ip("link", "set", name, "up")
                yield name if up else None
            finally:
                _ip("link", "delete", name)
            return
    yield None


_BRIDGES = 256


def _ip(*words: str) -> bool:
    return subprocess.run(["ip", *words], capture_output=True, check=False).returncode == 0


def _daemon(folder: Path) -> list[str]:
    return [
        "dockerd", "--iptables=false", "--host", f"unix://{folder}/sock",
        "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec",
        "--pidfile", f"{folder}/pid",
    ]  # fmt: skip


def _registry(folder: Path, address: str) -> list[str]:
    import crypt  # the registry takes bcrypt alone

    method = crypt.METHOD_BLOWFISH
    password = crypt.crypt(PASSWORD, crypt.mksalt(method))
    (folder / "users").write_text(f"{USER}:{password}\n")
    content = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": f"{folder}/images"}},
        "http": {"addr": address},
        "auth": {"htpasswd": {"realm": "tests", "path": f"{folder}/users"}},
    }
    file = folder / "registry.yml"
    file.write_text(json.dumps(content))  # JSON is YAML
    return ["docker-registry", "serve", str(file)]


@contextlib.contextmanager
def _program(command: Sequence[str], folder: Path, ready: Callable[[], bool]) -> Generator[None]:
    log = folder / f"{command[0]}.log"
    with log.open("w") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=sink)
    try:
        end = time.monotonic() + 60
        while not ready():
            assert process.poll() is None, log.read_text()[-2000:]
            assert time.monotonic() < end, log.read_text()[-2000:]
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(120)


def _answers_docker() -> bool:
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def _answers(registry: str) -> Callable[[], bool]:
    def ask() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://{registry}/v2/", trust_env=False).status_code == 401
        return False

    return ask


def _make_base(folder: Path) -> None:
    """Import a minimal Debian with Python 3.11; its packages are kept from one run to the next."""
    root = folder / "root"
    kept = cache_folder() / "tests" / "bookworm-python.tar"
    root.mkdir()
    if kept.is_file():
        subprocess.run(["tar", "-C", root, "-xf", kept], check=True)
    else:
        command = ["debootstrap", "--variant=minbase", f"--include={_INCLUDED}", "bookworm", root]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
        kept.parent.mkdir(exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        subprocess.run(["tar", "-C", root, "-cf", part, "."], check=True)
        part.replace(kept)
    _tell_pip(root)
    without = [f"--exclude=./{pattern}" for pattern in _LEFT_OUT]
    packing = ["tar", "-C", root, *without, "-c", "."]
    with subprocess.Popen(packing, stdout=subprocess.PIPE) as packed:
        subprocess.run(["docker", "import", "-", BASE], stdin=packed.stdout, check=True)


def _tell_pip(root: Path) -> None:
    """Pip finds packages in the image where it finds them on this machine."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    settings = dict(re.findall(r"(?m)^\S*?\.([a-z-]+)='(.*)'$", listed))
    lines = [f"{key} = {settings[key]}" for key in _PIP if key in settings]
    if certificates := settings.get("cert"):
        shutil.copyfile(certificates, root / _CERTIFICATES)
        lines.append(f"cert = /{_CERTIFICATES}")
    (root / "etc" / "pip.conf").write_text("\n".join(["[global]", *lines, ""]))


def _remove(folder: Path) -> None:
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((m for m in mounts if m.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=False)
    shutil.rmtree(folder, ignore_errors=True)
