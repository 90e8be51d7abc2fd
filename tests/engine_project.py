"""A project of its own for an engine test: its own home, state, port and copy of the bundles."""

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from pulumi import automation as auto

from modelport.engine import engine_environment, install_engine, install_plugin
from modelport.home import Home
from modelport.operations.events import Watcher
from modelport.supervisor.control import Control, ControlError

ROOT = Path(__file__).parents[1]
STACK = "test"

# Saves the state once at the end instead of after every step: right for tests only.
FAST = {"PULUMI_EXPERIMENTAL": "1", "PULUMI_SKIP_CHECKPOINTS": "1"}


@dataclass(slots=True)
class Ran:
    """What one run of the engine did."""

    ok: bool
    changes: dict[str, int]
    errors: list[str]
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])


class Project:
    """One stack with the real engine; `home` is the project's `.modelport`."""

    def __init__(self, folder: Path, bundles: Path | None = None, *, offline: bool = False) -> None:
        self.folder = folder
        root = folder / ".modelport"
        self.home = Home(root, root / "offline" if offline else None)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Pulumi.yaml").write_text("name: engine\nruntime: python\nmain: program\n")
        self.program("from modelport.stack import deploy\n\ndeploy()\n")
        install_engine(self.home)
        install_plugin(self.home)
        if bundles:
            shutil.copytree(bundles, self.home.bentoml, symlinks=True)
        own = ("PULUMI_", "BENTOML_", "MODELPORT_")
        for name in [name for name in os.environ if name.startswith(own)]:
            del os.environ[name]  # nothing of the tester's own stacks
        self.env = engine_environment(self.home) | FAST
        os.environ["PATH"] = self.env["PATH"]  # the Automation API looks for pulumi there

    def program(self, text: str) -> None:
        """Write the stack's program."""
        path = self.folder / "program" / "__main__.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def config(self, deployments: dict[str, Any], **more: object) -> None:
        """Write the stack's file, as a user would."""
        values = {"modelport:deployments": deployments}
        values |= {f"modelport:{key}": value for key, value in more.items()}
        path = self.folder / f"Pulumi.{STACK}.yaml"
        salt = [line for line in _lines(path) if line.startswith("encryptionsalt:")]
        path.write_text("\n".join([*salt, f"config: {json.dumps(values)}"]) + "\n")

    def stack(self) -> auto.Stack:
        """The stack, made when it is not there."""
        return auto.create_or_select_stack(
            STACK,
            work_dir=str(self.folder),
            opts=auto.LocalWorkspaceOptions(env_vars=self.env),
        )

    def run(self, operation: str, **options: Any) -> Ran:
        """Run `up`, `preview`, `refresh` or `destroy`."""
        stack = self.stack()
        watcher = Watcher(lambda _text, _done: None)
        try:
            getattr(stack, operation)(on_event=watcher, color="never", **options)
        except auto.CommandError as error:
            return Ran(False, dict(watcher.changes), watcher.errors or [str(error)])
        outputs = {name: output.value for name, output in stack.outputs().items()}
        return Ran(True, dict(watcher.changes), watcher.errors, outputs)

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run plain `pulumi`, as after `. ./activate`."""
        return subprocess.run(
            ["pulumi", *arguments],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def modelport(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line, as a user would."""
        program = Path(sys.executable).with_name("modelport")
        return subprocess.run(
            [str(program), *arguments],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def work(self, name: str) -> Path:
        """Work files of one deployment."""
        return self.home.deployment(STACK, name)

    def status(self, name: str) -> dict[str, Any]:
        """What the supervisor of one deployment says."""
        with Control(self.work(name)) as control:
            return control.ask("status")

    def end(self) -> None:
        """Stop whatever the test left running."""
        for socket_file in self.home.root.glob(f"{STACK}/*/control.sock"):
            try:
                with Control(socket_file.parent) as control:
                    process = psutil.Process(control.ask("status")["pid"])
                    control.ask("stop")
                process.wait(30)
            except (ControlError, psutil.Error):
                continue


def free_port() -> int:
    """A TCP port that is free right now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.is_file() else []
