"""Container: what runs in an image that serves a bundle on a platform's port.

    PYTHONPATH=<bento>/src python -m modelport_serving.container [run | serve]

It listens where the platform wants it (`modelport_serving.platform_routes`), starts workers that
share the socket, and starts one again that dies. The argument `serve`, which SageMaker passes,
turns its routes on; `run` is as good as none, for platforms that want an argument. On AWS Lambda
it listens nowhere and asks for events instead (`modelport_serving.lambda_runtime`). Callers are
known and limits set by the variables of `modelport_serving.settings`; `MODELPORT_WORKERS` is the
number of workers, by default one for each CPU of the quota, at most `MOST_WORKERS`. Nothing is
written outside the folder for temporary files.

When the model cannot be loaded the first worker says why in one line, and the container ends with
status 1; so it does when workers die faster than they can be started again. On SIGTERM it accepts
no more, lets the workers finish within `GRACE_SECONDS` and ends with status 0 within 10 s.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import modelport_serving
from modelport_serving.cpus import available_cpus
from modelport_serving.errors import StartError
from modelport_serving.logs import log_line
from modelport_serving.platform_routes import LAMBDA_VARIABLE, PLATFORM_VARIABLE, address

WORKERS_VARIABLE = "MODELPORT_WORKERS"
MOST_WORKERS = 4
"""Most workers by default: each holds the model once."""
GRACE_SECONDS = 7
"""Seconds in which a worker finishes its requests; a platform may kill 10 s after SIGTERM."""
KILL_SECONDS = 8.5
"""Seconds after which a worker that has not ended is killed."""
BACKOFF = (0.0, 0.2, 1.0, 3.0, 10.0)
"""Seconds before the n-th restart of a worker within a minute; after the last one it is over."""
BACKLOG = 2048
_MINUTE = 60.0
_POLL = 0.05


class Container:
    """Workers of one Bento on one listening socket.

    Args:
        bento: Folder of the built Bento.
        listening: The socket; it is closed when the end begins.
        workers: How many.
        environment: Theirs.
    """

    def __init__(
        self, bento: Path, listening: socket.socket, workers: int, environment: Mapping[str, str]
    ) -> None:
        self._bento = bento
        self._listening = listening
        self._count = workers
        self._environment = dict(environment)
        self._ending = asyncio.Event()
        self._running: set[asyncio.subprocess.Process] = set()

    async def run(self) -> int:
        """Serve until SIGTERM, or until it cannot be gone on; returns the exit status."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ending.set)
        first = await self._start()
        # The others wait: a model that cannot be loaded is told once, and not by each of them.
        if not await self._ready(first):
            asked = self._ending.is_set()
            await self._stop()
            return 0 if asked else 1
        others = [await self._start() for _ in range(self._count - 1)]
        keeping = [asyncio.create_task(self._keep(worker)) for worker in (first, *others)]
        ending = asyncio.create_task(self._ending.wait())
        done, _ = await asyncio.wait([ending, *keeping], return_when=asyncio.FIRST_COMPLETED)
        lost = ending not in done
        self._ending.set()
        await self._stop()
        await asyncio.gather(*keeping)
        return 1 if lost else 0

    async def _keep(self, worker: asyncio.subprocess.Process) -> None:
        """Start the worker again whenever it dies; returns when that is done too often."""
        deaths: list[float] = []
        while True:
            code = await worker.wait()
            self._running.discard(worker)
            if self._ending.is_set():
                return
            now = time.monotonic()
            deaths = [*(death for death in deaths if now - death < _MINUTE), now]
            if len(deaths) > len(BACKOFF):
                log_line("worker-given-up", pid=worker.pid, status=code, deaths=len(deaths))
                return
            pause = BACKOFF[len(deaths) - 1]
            log_line("worker-died", pid=worker.pid, status=code, restart_seconds=pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), pause or _POLL)
            if self._ending.is_set():
                return
            worker = await self._start()

    async def _start(self) -> asyncio.subprocess.Process:
        fd = self._listening.fileno()
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "modelport_serving.worker"),
            *("--bento", str(self._bento), "--fd", str(fd), "--grace", str(GRACE_SECONDS)),
            env=self._environment,
            pass_fds=[fd],
        )
        self._running.add(worker)
        if self._ending.is_set():  # since it was begun
            worker.terminate()
        return worker

    async def _ready(self, worker: asyncio.subprocess.Process) -> bool:
        """Wait until the only worker answers, it has ended, or the container is to end."""
        while worker.returncode is None and not self._ending.is_set():
            if await _answers(self._listening):
                return True
            await asyncio.sleep(_POLL)
        return False

    async def _stop(self) -> None:
        """Accept no more, and end every worker."""
        self._listening.close()
        for worker in self._running:
            with contextlib.suppress(ProcessLookupError):
                worker.terminate()
        waiting = [asyncio.create_task(worker.wait()) for worker in self._running]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=KILL_SECONDS)
            for worker in self._running:
                if late and worker.returncode is None:
                    worker.kill()
            await asyncio.gather(*waiting)


async def _answers(listening: socket.socket) -> bool:
    """Whether somebody answers on the socket; the only worker does once its model is loaded."""
    host, port = listening.getsockname()[:2]
    reach = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
    try:
        async with asyncio.timeout(1):
            reader, writer = await asyncio.open_connection(reach, port)
            writer.write(b"GET /readyz HTTP/1.1\r\nhost: self\r\nconnection: close\r\n\r\n")
            line = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200" in line


def workers(environment: Mapping[str, str], cpus: float) -> int:
    """Number of workers.

    Raises:
        StartError: the variable holds no number above 0.
    """
    value = environment.get(WORKERS_VARIABLE, "")
    if not value:
        return max(1, min(MOST_WORKERS, int(cpus)))
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        message = f"{WORKERS_VARIABLE} is {value!r}; write a whole number above 0, or leave it out"
        raise StartError(message)
    return int(value)


def own_bento() -> Path:
    """The Bento that this code lies in."""
    return Path(modelport_serving.__file__).resolve().parents[2]


def prepare(environment: Mapping[str, str], bento: Path) -> dict[str, str]:
    """Environment of a process that serves `bento`: the store around it is BentoML's home."""
    return {
        "BENTOML_HOME": str(bento.parents[2]),
        **environment,
        "PYTHONPATH": str(bento / "src"),
        "PYTHONUNBUFFERED": "1",
    }


def main() -> None:
    """Serve as the platform that started this wants it: on a port, or by Lambda's events."""
    if runtime_api := os.environ.get(LAMBDA_VARIABLE):
        from modelport_serving import lambda_runtime

        lambda_runtime.run(runtime_api)
        return
    arguments = sys.argv[1:]
    try:
        with tempfile.TemporaryDirectory(
            prefix="modelport-metrics-", ignore_cleanup_errors=True
        ) as metrics:
            status = _serve(arguments, metrics)
    except StartError as error:
        sys.stderr.write(f"cannot start: {error}\n")
        status = 1
    except FileNotFoundError as error:  # nowhere to write to
        sys.stderr.write(f"cannot start: {error.strerror}; mount /tmp as a tmpfs\n")
        status = 1
    sys.exit(status)


def _serve(arguments: Sequence[str], metrics: str) -> int:
    if arguments not in ([], ["run"], ["serve"]):
        said = " ".join(arguments)
        raise StartError(f"the arguments {said} are unknown; give run, serve or none")
    bento = own_bento()
    environment = prepare(os.environ, bento)
    # All workers count together.
    environment.setdefault("PROMETHEUS_MULTIPROC_DIR", metrics)
    if "serve" in arguments:
        environment[PLATFORM_VARIABLE] = "sagemaker"
    count = workers(environment, available_cpus())
    host, port = address(environment)
    try:
        listening = socket.create_server((host, port), backlog=BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise StartError(f"cannot listen on {host}:{port}: {reason}") from None

    async def run() -> int:
        return await Container(bento, listening, count, environment).run()

    return asyncio.run(run())


if __name__ == "__main__":
    main()
