"""The supervisor process: `python -m modelport.supervisor FOLDER HOST PORT`.

It prints one line when it listens (`{"ok": true}`) or why it cannot (`{"error": …}`), then
nothing more. It ends on SIGTERM or the command `stop`, and takes every worker with it; when it
is killed, its workers notice the closed control pair and end by themselves.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from modelport.supervisor.control import SOCKET
from modelport.supervisor.generation import Generation, Spec
from modelport.supervisor.link import Message
from modelport.supervisor.split import Split
from modelport.supervisor.upkeep import LOG, METRICS, bound_log, bound_memory, note

_ABANDONED = 20.0
"""Seconds after which a supervisor ends that serves nothing and that nobody talks to."""
_LOOK = 1.0
"""Seconds between two looks at the log's size and the workers' memory."""


class Supervisor:
    """Owns the endpoint's socket and the generations behind it."""

    def __init__(self, folder: Path, public: socket.socket) -> None:
        self._folder = folder
        self._public = public
        self._generations: list[Generation] = []
        self._count = 0
        self._split: Split | None = None
        self._log_bytes = 0
        self._connections = 0
        self._idle_since = time.monotonic()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Take commands until told to stop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        server = await asyncio.start_unix_server(self._serve, SOCKET)
        Path(SOCKET).chmod(0o600)
        _say({"ok": True})
        async with server:
            upkeep = asyncio.create_task(self._keep_up())
            await self._stopping.wait()
        upkeep.cancel()
        self._public.close()
        await asyncio.gather(*(generation.retire(5) for generation in self._generations))
        with contextlib.suppress(FileNotFoundError):
            Path(SOCKET).unlink()
        shutil.rmtree(METRICS, ignore_errors=True)

    async def _keep_up(self) -> None:
        """Hold log and memory within their limits."""
        while True:
            await asyncio.sleep(_LOOK)
            self._end_when_abandoned()
            if self._log_bytes:
                bound_log(Path(LOG), self._log_bytes)
            for generation in self._generations:
                for pid in bound_memory(generation.pids(), generation.spec.memory_bytes):
                    limit = generation.spec.memory_bytes // 2**20
                    note(f"worker {pid} took more than {limit} MiB and is replaced")

    def _end_when_abandoned(self) -> None:
        """An update that was killed before its first promotion must not hold the port."""
        if self._connections or self._generations:
            self._idle_since = time.monotonic()
        elif time.monotonic() - self._idle_since > _ABANDONED:
            note("nothing to serve and nobody talks to this supervisor; it ends")
            self._stopping.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection; what it started and did not promote ends with it."""
        begun: list[Generation] = []
        self._connections += 1
        try:
            while line := await reader.readline():
                try:
                    answer = await self._obey(json.loads(line), begun)
                except Exception as error:  # the asker gets the reason
                    answer = {"error": f"{type(error).__name__}: {error}"}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except OSError:
            pass
        finally:
            self._connections -= 1
            writer.close()
            for generation in begun:
                if generation.state in {"starting", "ready"}:
                    await self._drop(generation)

    async def _obey(self, request: Message, begun: list[Generation]) -> Message:
        command = request.pop("command")
        if command == "start":
            return await self._start(request, begun)
        if command == "promote":
            return await self._promote(self._find(request["number"]))
        if command == "split":
            return self._divide(request)
        if command == "discard":
            await self._drop(self._find(request["number"]))
        elif command == "stop":
            self._stopping.set()
        elif command == "limit":
            self._log_bytes = int(request["log_bytes"])
        elif command != "status":
            return {"error": f"unknown command '{command}'"}
        return self._describe()

    async def _start(self, request: Message, begun: list[Generation]) -> Message:
        self._count += 1
        spec = Spec(
            version=request["version"],
            command=tuple(request["argv"]),
            environment=request["environment"],
            workers=request["workers"],
            memory_bytes=request["memory_bytes"],
            start_timeout=request["start_timeout"],
        )
        generation = Generation(self._count, spec, self._public, self._folder, self._hear)
        self._generations.append(generation)
        begun.append(generation)
        await generation.start()
        answer = generation.describe()
        if generation.state == "failed":
            self._generations.remove(generation)
        return answer

    async def _promote(self, generation: Generation) -> Message:
        """Give the endpoint to `generation`; answers when the others have drained."""
        others = [other for other in self._generations if other is not generation]
        self._undivide()
        generation.promote()
        await asyncio.gather(*(self._drop(other) for other in others))
        return self._describe()

    def _divide(self, request: Message) -> Message:
        """Send a share of the live generation's requests to another one, and count."""
        live = next(item for item in self._generations if item.state == "live")
        candidate = self._find(request["number"])
        if self._split is None or self._split.candidate != candidate.number:
            self._split = Split(candidate.number, request["mode"], float(request["answer_in"]))
        self._split.percent = int(request["percent"])
        live.tell(self._split.command(candidate.addresses()), standing=True)
        return self._describe()

    def _undivide(self) -> None:
        if self._split is None:
            return
        self._split = None
        for generation in self._generations:
            if generation.state == "live":
                generation.tell({"command": "unsplit"}, standing=False)

    def _hear(self, pid: int, message: Message) -> None:
        if self._split is not None:
            self._split.take(pid, message)

    async def _drop(self, generation: Generation) -> None:
        if self._split is not None and self._split.candidate == generation.number:
            self._undivide()
        await generation.retire()
        if generation in self._generations:
            self._generations.remove(generation)

    def _find(self, number: int) -> Generation:
        for generation in self._generations:
            if generation.number == number:
                return generation
        message = f"no generation {number}"
        raise LookupError(message)

    def _describe(self) -> Message:
        host, port = self._public.getsockname()[:2]
        return {
            "pid": os.getpid(),
            "host": host,
            "port": port,
            "generations": [generation.describe() for generation in self._generations],
            "split": self._split.describe() if self._split else None,
        }


def _say(message: dict[str, Any]) -> None:
    """Tell the launcher, which reads exactly one line."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Bind the socket and run; 0 after an orderly end."""
    folder, host, port = Path(arguments[0]), arguments[1], int(arguments[2])
    os.chdir(folder)  # the control socket's path stays short
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        public = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        _say({"error": error.strerror, "errno": error.errno})
        return 1
    Path(SOCKET).unlink(missing_ok=True)
    asyncio.run(Supervisor(folder, public).run())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
