"""A real Kubernetes on this machine for tests: built once, then started in seconds.

etcd, API server, controllers, scheduler, kubelets and kube-proxies are one binary, built from Go
modules; containerd, runc and the network plugins are Debian's. Each node is a network namespace
without a link outside, so images are loaded, never pulled. There is one cluster for each machine:
its namespaces have fixed names, and a lock makes other test runs wait.
"""

import base64
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kube.images import make_image

HERE = Path(__file__).parent
STATE = Path("/tmp/modelport-kube")  # noqa: S108 - fixed, so that what a killed run left is found
_PROGRAMS = {
    "containerd": "containerd",
    "runc": "runc",
    "nft": "nftables",
    "ip": "iproute2",
    "openssl": "openssl",
}
_NETWORK_PLUGIN = Path("/usr/lib/cni/bridge")
_PORT = 6443


class Unavailable(Exception):  # noqa: N818 - a state of the machine
    """This machine cannot run the cluster; the text is the reason for skipping."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster."""

    programs: Path
    """Folder with kubectl and the others."""

    @property
    def kubeconfig(self) -> Path:
        """Of an administrator."""
        return STATE / "kubeconfig"

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl as an administrator; its output."""
        done = subprocess.run(
            [str(self.programs / "kubectl"), *arguments],
            env={**os.environ, "KUBECONFIG": str(self.kubeconfig)},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            message = f"kubectl {' '.join(arguments)}: {done.stderr.strip()}"
            raise RuntimeError(message)
        return done.stdout

    def get(self, *arguments: str) -> dict[str, Any]:
        """What `kubectl get` finds."""
        return json.loads(self.kubectl("get", *arguments, "-o", "json"))

    def load(self, name: str, program: Path) -> None:
        """Put an image of one static binary into every node."""
        archive = STATE / "image.tar"
        make_image(archive, name, program)
        for socket in sorted(STATE.glob("node*/c.sock")):
            _run(["ctr", "-a", str(socket), "-n", "k8s.io", "images", "import", str(archive)])

    def kubeconfig_of(self, user: str, folder: Path) -> Path:
        """A kubeconfig of another user, who has no rights yet."""
        pki = STATE / "pki"
        key, request, certificate = (folder / f"{user}.{end}" for end in ("key", "csr", "crt"))
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        _run(["openssl", "req", *curve, "-subj", f"/CN={user}", "-keyout", key, "-out", request])
        extensions = folder / "extensions"
        extensions.write_text("extendedKeyUsage=clientAuth\n")
        authority = ["-CA", pki / "ca.crt", "-CAkey", pki / "ca.key", "-set_serial", "0x77"]
        signing = ["openssl", "x509", "-req", "-in", request, *authority, "-days", "30"]
        _run([*signing, "-out", certificate, "-extfile", extensions])
        path = folder / f"{user}.kubeconfig"
        text = self.kubeconfig.read_text()
        for name, file in (("certificate", certificate), ("key", key)):
            start = text.index(f"client-{name}-data: ") + len(f"client-{name}-data: ")
            end = min(place for place in (text.find(mark, start) for mark in ",}") if place > 0)
            text = text[:start] + base64.b64encode(file.read_bytes()).decode() + text[end:]
        path.write_text(text)
        return path


@contextmanager
def running(nodes: int) -> Generator[Cluster]:
    """A cluster with so many nodes, ended afterwards; waits while another run has it.

    Args:
        nodes: 0 for the API, controllers and scheduler only.

    Raises:
        Unavailable: this machine cannot run one.
    """
    _check_machine()
    with (_cache() / "kube.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        programs = _built()
        environment = {"BIN": str(programs), "STATE": str(STATE), "NODES": str(nodes)}
        _script("down.sh", environment)  # what a killed run left
        _script("up.sh", environment)
        try:
            yield Cluster(programs)
        finally:
            _script("down.sh", environment)


def _check_machine() -> None:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise Unavailable("the test cluster runs on Linux on x86-64 only")
    if os.geteuid() != 0:
        raise Unavailable("the test cluster makes network namespaces: run the tests as root")
    missing = sorted({package for name, package in _PROGRAMS.items() if not shutil.which(name)})
    if not _NETWORK_PLUGIN.exists():
        missing.append("containernetworking-plugins")
    if missing:
        _install(missing)
    probe = f"modelport-probe-{os.getpid()}"  # tests run side by side in processes
    try:
        _run(["ip", "netns", "add", probe])
        _run(["ip", "netns", "del", probe])
    except RuntimeError as error:
        message = f"this machine lets root make no network namespaces: {error}"
        raise Unavailable(message) from error


def _install(packages: list[str]) -> None:
    if not shutil.which("apt-get"):
        message = f"the test cluster needs {', '.join(packages)}, and there is no apt-get"
        raise Unavailable(message)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        _run(["apt-get", "update", "-qq"], environment)
        _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], environment)
    except RuntimeError as error:
        message = f"the test cluster needs {', '.join(packages)}: {error}"
        raise Unavailable(message) from error


def _built() -> Path:
    """Folder with the programs; the first time takes minutes."""
    digest = hashlib.sha256()
    for path in sorted([HERE / "build.sh", *(HERE / "source").rglob("*.*")]):
        digest.update(path.relative_to(HERE).as_posix().encode() + path.read_bytes())
    version = _version()
    folder = _cache() / f"kube-{version}-{digest.hexdigest()[:12]}"
    if not (folder / "pause.tar").exists():
        go = shutil.which("go")
        if go is None:
            raise Unavailable("the test cluster is built with Go, which is not on PATH")
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        _run(["bash", str(HERE / "build.sh"), str(partial)])
        make_image(partial / "pause.tar", "localhost/pause:1", partial / "pause")
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    return folder


def _version() -> str:
    lines = (HERE / "source" / "go.mod").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.split()[:1] == ["k8s.io/kubernetes"])


def _cache() -> Path:
    named = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(named) if named.startswith("/") else Path.home() / ".cache"
    folder = base / "modelport"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _script(name: str, environment: dict[str, str]) -> None:
    _run(["bash", str(HERE / name)], {**os.environ, **environment, "PORT": str(_PORT)})


def _run(command: "list[Any]", environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        message = f"{command[0]} {command[1]}: {said}"
        raise RuntimeError(message)
