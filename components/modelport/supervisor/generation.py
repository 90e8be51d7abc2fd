"""Generation: the workers that serve one version of a bundle.

A generation starts in private: each worker listens on a loopback address of its own, where it
is checked. Promoted, its workers also accept from the endpoint's socket. Retired, they finish
what they have begun. A worker that dies while its generation is live is started again.
"""

import asyncio
import shutil
import signal
import socket
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from modelport.supervisor.link import Link, Message
from modelport.supervisor.upkeep import LOG, METRICS, cannot_start

State = Literal["starting", "ready", "live", "draining", "failed", "ended"]

_POLL = 0.05
"""Seconds between two looks at a starting worker."""
_DRAIN = 25.0
"""Seconds in which a retired worker must have finished; then it is killed."""
_BACKOFF = (0.0, 0.2, 1.0, 3.0, 10.0)
"""Seconds to wait before the n-th restart within a minute."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What a generation runs."""

    version: str
    """The bundle's version."""
    command: tuple[str, ...]
    """Program and arguments; `{private}`, `{public}` and `{control}` become file descriptors."""
    environment: dict[str, str]
    """The workers' whole environment; `{metrics}` becomes a folder of the generation's own."""
    workers: int
    """Number of processes."""
    memory_bytes: int
    """Memory that one worker may take."""
    start_timeout: float
    """Seconds in which every worker must be ready."""


@dataclass(slots=True, eq=False)
class Worker:
    """One serving process."""

    process: asyncio.subprocess.Process
    address: str
    """Its private `host:port`."""
    link: Link
    """Our end of the pair over which it is told things; closed, it ends by itself."""
    private: socket.socket = field(repr=False)


class Generation:
    """The workers of one version."""

    def __init__(
        self,
        number: int,
        spec: Spec,
        public: socket.socket,
        folder: Path,
        hear: Callable[[int, Message], None],
    ) -> None:
        """Prepare a generation.

        Args:
            number: Its number, never used twice by one supervisor.
            spec: What it runs.
            public: The endpoint's socket.
            folder: The deployment's folder.
            hear: Called with a worker's process id and what it reports.
        """
        self.number = number
        self.spec = spec
        self.state: State = "starting"
        self.reason = ""
        self.restarts = 0
        self._public = public
        self._hear = hear
        self._standing: Message | None = None
        self._log = folder / LOG
        self._metrics = folder / METRICS / str(number)
        self._workers: list[Worker] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._deaths: list[float] = []

    def describe(self) -> dict[str, object]:
        """The generation as `status` shows it."""
        return {
            "number": self.number,
            "version": self.spec.version,
            "state": self.state,
            "reason": self.reason,
            "restarts": self.restarts,
            "workers": [
                {"pid": worker.process.pid, "address": worker.address} for worker in self._workers
            ],
        }

    def pids(self) -> list[int]:
        """The workers' process ids."""
        return [worker.process.pid for worker in self._workers]

    async def start(self) -> None:
        """Start every worker and wait until all are ready; the state says how it went."""
        self._metrics.mkdir(parents=True, exist_ok=True)
        begun = self._log.stat().st_size if self._log.exists() else 0
        deadline = time.monotonic() + self.spec.start_timeout
        self._workers = [await self._spawn() for _ in range(self.spec.workers)]
        for worker in list(self._workers):
            self.reason = await self._wait_ready(worker, deadline)
            if self.reason:
                self.reason = cannot_start(self._log, begun) or self.reason
                self.state = "failed"
                await self._end(grace=0)
                return
        self.state = "ready"
        for worker in self._workers:
            self._begin(self._refuse(worker))

    def promote(self) -> None:
        """Let every worker accept from the endpoint's socket, and keep them alive.

        Raises:
            RuntimeError: a worker has ended meanwhile.
        """
        for worker in self._workers:
            code = worker.process.returncode
            if code is not None:
                message = f"a worker ended with {_status(code)} before it was promoted"
                raise RuntimeError(message)
        self.state = "live"
        for worker in self._workers:
            self._promote(worker)

    def addresses(self) -> list[str]:
        """The workers' private addresses."""
        return [worker.address for worker in self._workers]

    def tell(self, message: Message, *, standing: bool) -> None:
        """Tell every worker; what is standing is told to later ones of this generation too."""
        self._standing = message if standing else None
        for worker in self._workers:
            worker.link.tell(message)

    async def retire(self, grace: float = _DRAIN) -> None:
        """Let every worker finish its requests and end."""
        self.state = "draining"
        await self._end(grace)
        self.state = "ended"

    # -- workers

    async def _spawn(self) -> Worker:
        private = socket.create_server(("127.0.0.1", 0), backlog=128)
        ours, theirs = socket.socketpair()
        numbers = {
            "{private}": private.fileno(),
            "{public}": self._public.fileno(),
            "{control}": theirs.fileno(),
        }
        command = [str(numbers.get(word, word)) for word in self.spec.command]
        with self._log.open("ab") as log, theirs:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=list(numbers.values()),
            )
        host, port = private.getsockname()
        pid = process.pid
        link = Link(ours, lambda message: self._hear(pid, message))
        return Worker(process, f"{host}:{port}", link, private)

    async def _wait_ready(self, worker: Worker, deadline: float) -> str:
        """Wait until the worker answers its readiness check; returns why it did not."""
        while time.monotonic() < deadline:
            if worker.process.returncode is not None:
                return f"a worker ended with {_status(worker.process.returncode)} while starting"
            if await _ready(worker.address):
                return ""
            await asyncio.sleep(_POLL)
        return f"not ready within {self.spec.start_timeout:g} s"

    def _promote(self, worker: Worker) -> None:
        worker.link.tell({"command": "promote"})
        if self._standing is not None:
            worker.link.tell(self._standing)
        self._begin(self._heal(worker))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _refuse(self, worker: Worker) -> None:
        """Close a dead worker's private socket, so that who calls it is refused at once."""
        await worker.process.wait()
        worker.private.close()

    async def _heal(self, worker: Worker) -> None:
        """Replace the worker when it dies while its generation is live."""
        code = await worker.process.wait()
        _close(worker)
        if self.state != "live":
            return
        self._workers.remove(worker)
        while self.state == "live":
            now = time.monotonic()
            self._deaths = [then for then in self._deaths if now - then < 60]
            wait = _BACKOFF[min(len(self._deaths), len(_BACKOFF) - 1)]
            self._deaths.append(now)
            self.restarts += 1
            self.reason = f"a worker ended with {_status(code)}; restart {self.restarts}"
            await asyncio.sleep(wait)
            fresh = await self._spawn()
            self._workers.append(fresh)
            failed = await self._wait_ready(fresh, time.monotonic() + self.spec.start_timeout)
            if not failed and self.state == "live":
                self.reason = ""
                self._promote(fresh)
                return
            self._workers.remove(fresh)
            code = await _stop(fresh, grace=0)

    async def _end(self, grace: float) -> None:
        workers, self._workers = self._workers, []
        await asyncio.gather(*(_stop(worker, grace) for worker in workers))
        shutil.rmtree(self._metrics, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        metrics = str(self._metrics)
        return {
            key: value.replace("{metrics}", metrics) for key, value in self.spec.environment.items()
        }


async def _stop(worker: Worker, grace: float) -> int:
    """Ask a worker to end, kill it after `grace` seconds; returns its exit status."""
    process = worker.process
    if process.returncode is None:
        _signal(process, signal.SIGTERM if grace else signal.SIGKILL)
        try:
            await asyncio.wait_for(process.wait(), grace or 5)
        except TimeoutError:
            _signal(process, signal.SIGKILL)
    code = await process.wait()
    _close(worker)
    return code


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except ProcessLookupError:
        return


def _close(worker: Worker) -> None:
    worker.link.close()
    worker.private.close()


def _status(code: int) -> str:
    """An exit status in words: `exit status 3` or `SIGKILL`."""
    return signal.Signals(-code).name if code < 0 else f"exit status {code}"


async def _ready(address: str) -> bool:
    """Whether a worker answers `GET /readyz` with 200 within a second."""
    host, port = address.rsplit(":", 1)
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(1):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return b" 200 " in await reader.readline()
    except (OSError, TimeoutError):
        return False
    finally:
        if writer is not None:
            writer.close()
