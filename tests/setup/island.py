"""A place without a network: a namespace of its own that has the loopback interface only."""

import itertools
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType

import pytest

ROOT_FLAGS = ("--net",)
USER_FLAGS = ("--user", "--map-root-user", "--net")


class Island:
    """Runs commands where nothing outside can be reached; usable as a context."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._flags = ROOT_FLAGS if os.geteuid() == 0 else USER_FLAGS
        self._holder: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Island":
        for program in ("unshare", "nsenter"):
            if not shutil.which(program):
                pytest.skip(f"no {program} here (package util-linux)")
        path = f"{os.environ['PATH']}{os.pathsep}/usr/sbin{os.pathsep}/sbin"
        if not shutil.which("ip", path=path):
            pytest.skip("no ip here (package iproute2)")
        script = "ip link set lo up && echo up && exec sleep 3600"
        self._holder = subprocess.Popen(
            ["unshare", *self._flags, "sh", "-c", script],
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if self._holder.stdout is None or self._holder.stdout.readline() != "up\n":
            told = (self._holder.communicate()[1].strip() or "no reason given").splitlines()[-1]
            pytest.skip(f"network namespaces are not permitted here: {told}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._holder:
            self._holder.kill()
            self._holder.communicate()

    def run(self, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a command on the island with the environment that it was made with."""
        assert self._holder
        enter = ["nsenter", "--target", str(self._holder.pid), *self._flags[-1:]]
        if self._flags == USER_FLAGS:
            enter += ["--user", "--preserve-credentials"]
        return subprocess.run(
            [*enter, "--", *command],
            capture_output=True,
            check=False,
            cwd=cwd,
            env=self._env,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def tried(self) -> dict[str, int]:
        """What was tried so far: packets that had nowhere to go, and connections of any kind."""
        told = self.run("cat", "/proc/net/snmp", "/proc/net/snmp6", cwd=Path("/")).stdout
        found = dict[str, int]()
        rows = [line.split() for line in told.splitlines()]
        for names, values in itertools.pairwise(rows):
            if names[0] == values[0] and names[0].endswith(":"):
                found |= {
                    f"{names[0]}{name}": int(value)
                    for name, value in zip(names[1:], values[1:], strict=True)
                }
        found |= {row[0]: int(row[1]) for row in rows if row[0] == "Ip6OutNoRoutes"}
        kept = ("Ip:OutNoRoutes", "Ip6OutNoRoutes", "Tcp:ActiveOpens", "Udp:OutDatagrams")
        return {name: found.get(name, 0) for name in kept}
