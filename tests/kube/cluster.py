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
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cache_folder import cache_folder
from debian import bring, install
from engine_project import free_port
from kube.images import make_image
from load import Seen

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
CONTROL_PLANE = "10.77.0.1"
"""Its address, for nodes and pods."""


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
        self.load_archive(archive)

    def load_archive(self, archive: Path) -> None:
        """Put the image in an archive into every node."""
        for socket in sorted(STATE.glob("node*/c.sock")):
            _run(["ctr", "-a", str(socket), "-n", "k8s.io", "images", "import", str(archive)])

    def start_gateway(self) -> None:
        """Start a controller of Ingress and of the Gateway API, with the Gateway `gateway/web`.

        It listens on port 30080 of every node. Building it takes minutes, once.

        Raises:
            Unavailable: it cannot be built here.
        """
        programs = _built("gateway", HERE / "gateway", HERE / "gateway" / "build.sh")
        self.load("localhost/traefik:1", programs / "traefik")
        definitions = str(programs / "definitions.yaml")
        self.kubectl("apply", "--server-side", "-f", definitions)
        self.kubectl("apply", "-f", str(HERE / "gateway" / "objects.yaml"))
        ready = ["--for=condition=Available", "deployment/traefik", "--timeout=180s"]
        self.kubectl("-n", "gateway", "wait", *ready)

    def stop_gateway(self) -> None:
        """Take away what `start_gateway` made, but for the API's definitions."""
        self.kubectl("delete", "-f", str(HERE / "gateway" / "objects.yaml"), "--wait=false")

    def start_metrics(self) -> None:
        """Start metrics-server, which says how much pods use; its first numbers come after a while.

        Raises:
            Unavailable: it cannot be built here.
        """
        folder = HERE / "metrics"
        programs = _built("metrics", folder, folder / "build.sh")
        self.load("localhost/metrics-server:1", programs / "metrics-server")
        self.kubectl("apply", "-f", str(folder / "objects.yaml"))
        ready = ["--for=condition=Available", "apiservice/v1beta1.metrics.k8s.io"]
        self.kubectl("wait", *ready, "--timeout=180s")

    def stop_metrics(self) -> None:
        """Take away what `start_metrics` made."""
        objects = HERE / "metrics" / "objects.yaml"
        self.kubectl("delete", "-f", str(objects), "--wait=false")

    @contextmanager
    def registry(self, folder: Path) -> Generator[str]:
        """A registry that this machine pushes to and the nodes pull from; its host and port.

        It asks for no login, and is in the control plane's network: here and in each node a
        relay listens under its name.

        Args:
            folder: Where it keeps its images.

        Raises:
            Unavailable: its package cannot be had.
        """
        if reason := bring({"docker-registry": "docker-registry"}):
            message = f"the test cluster's registry: {reason}"
            raise Unavailable(message)
        inside, name = f"{CONTROL_PLANE}:5000", f"127.0.0.1:{free_port()}"
        content = {
            "version": "0.1",
            "storage": {"filesystem": {"rootdirectory": str(folder)}},
            "http": {"addr": inside},
        }
        file = STATE / "registry.yml"
        file.write_text(json.dumps(content))  # JSON is YAML
        served = ["nsenter", "--net=/run/netns/kcp", "docker-registry", "serve", str(file)]
        relay = [str(self.programs / "nsrelay"), name, "kcp", inside]
        nodes = [socket.parent.name.removeprefix("node") for socket in STATE.glob("node*/c.sock")]
        relayed = [["nsenter", f"--net=/run/netns/kn{number}", *relay] for number in nodes]
        with (STATE / "log" / "registry").open("w") as log, ExitStack() as stack:
            for command in (served, relay, *relayed):
                process = subprocess.Popen(command, stdout=log, stderr=log)
                stack.callback(process.wait, 30)
                stack.callback(process.terminate)
            end = time.monotonic() + 30
            while not _answers(f"http://{name}/v2/"):
                assert time.monotonic() < end, (STATE / "log" / "registry").read_text()[-2000:]
                time.sleep(0.2)
            yield name

    @contextmanager
    def calling(self, url: str, folder: Path, rate: float = 40, host: str = "") -> Generator[Seen]:
        """Callers in the network of the first node; what they saw is there afterwards.

        Args:
            url: Address, e.g. of a service.
            folder: With the caller's files of a deployment.
            rate: Requests per second.
            host: Host name, where it is not that of the address.
        """
        inside = ["nsenter", "--net=/run/netns/kn1", sys.executable, "-m", "load"]
        process = subprocess.Popen(
            [*inside, url, str(folder), str(rate), host],
            cwd=HERE.parent,
            env={**os.environ, "PYTHONPATH": str(HERE.parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        seen = Seen()
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield seen
        finally:
            said, _ = process.communicate()
            statuses, versions = json.loads(said.splitlines()[-1])
            seen.statuses.update({int(status): count for status, count in statuses.items()})
            seen.versions.update(versions)

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
    with (cache_folder() / "kube.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        programs = _cluster_programs()
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
    if reason := install(missing):
        raise Unavailable(f"the test cluster: {reason}")
    probe = f"modelport-probe-{os.getpid()}"  # tests run side by side in processes
    try:
        _run(["ip", "netns", "add", probe])
        _run(["ip", "netns", "del", probe])
    except RuntimeError as error:
        message = f"this machine lets root make no network namespaces: {error}"
        raise Unavailable(message) from error


def _cluster_programs() -> Path:
    """Folder with the programs of the cluster; the first time takes minutes."""
    folder = _built(f"kube-{_version()}", HERE / "source", HERE / "build.sh")
    if not (folder / "pause.tar").exists():
        make_image(folder / "pause.tar", "localhost/pause:1", folder / "pause")
    return folder


def _built(name: str, source: Path, script: Path) -> Path:
    """Folder with what a script builds from a folder; kept until one of them changes."""
    digest = hashlib.sha256()
    for path in sorted([script, *source.rglob("*.*")]):
        digest.update(path.relative_to(HERE).as_posix().encode() + path.read_bytes())
    folder = cache_folder() / f"{name}-{digest.hexdigest()[:12]}"
    if not folder.exists():
        if shutil.which("go") is None:
            raise Unavailable("the test cluster is built with Go, which is not on PATH")
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        _run(["bash", str(script), str(partial)])
        partial.rename(folder)
    return folder


def _version() -> str:
    lines = (HERE / "source" / "go.mod").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.split()[:1] == ["k8s.io/kubernetes"])


def _answers(address: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(address, trust_env=False).status_code == 200
    return False


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
