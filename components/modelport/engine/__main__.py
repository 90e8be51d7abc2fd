"""Command `python -m modelport.engine`: what set-up and `activate` ask of the engine package."""

import argparse
import os
import shlex
import sys
from pathlib import Path

from modelport.engine import (
    engine_environment,
    find_engine,
    install_engine,
    install_plugin,
    place_engine,
)
from modelport.errors import ModelportError
from modelport.home import find_home


def main(arguments: list[str] | None = None) -> int:
    """Run one command; errors are one sentence on standard error."""
    parser = argparse.ArgumentParser(prog="python -m modelport.engine", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("install", help="install engine and plugin; a line `fraction step` each")
    place = commands.add_parser("place", help="put an engine that was brought into the cache")
    place.add_argument("folder", type=Path, help="`engine` of an air-gap file")
    commands.add_parser("env", help="shell commands that set the environment, and undo it")
    commands.add_parser("where", help="folder, version and origin of the engine")
    try:
        told = parser.parse_args(arguments)
        if told.command == "place":
            place_engine(told.folder, _tell)
            return 0
        return _run(told.command)
    except ModelportError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - a command's answer
        return error.exit_code


def _run(command: str) -> int:
    if command == "install":
        home = find_home()
        install_engine(home, _tell)
        install_plugin(home)
        return 0
    if command == "env":
        home = find_home()
        if home.offline:  # set-up made the real side only
            install_engine(home)
            install_plugin(home)
        lines = _shell(engine_environment(home))
    else:
        engine = find_engine()
        lines = [f"{engine.bin}\t{engine.version}\t{engine.origin}"] if engine else []
    print("\n".join(lines))  # noqa: T201 - a command's answer
    return 0 if lines else 1


def _shell(wanted: dict[str, str]) -> list[str]:
    """Commands that set what differs, and one that keeps the text which sets it back."""
    changed = sorted(name for name, value in wanted.items() if os.environ.get(name) != value)
    unwanted = sorted(os.environ.keys() - wanted.keys())
    before = [name for name in (*changed, *unwanted) if name in os.environ]
    undo = [_export(name, os.environ[name]) for name in before]
    undo += [f"unset {name}" for name in changed if name not in os.environ]
    keep = f"_modelport_undo={shlex.quote('; '.join(undo))}"
    unset = [f"unset {name}" for name in unwanted]
    return [*(_export(name, wanted[name]) for name in changed), *unset, keep]


def _export(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _tell(step: str, fraction: float) -> None:
    print(f"{fraction:.3f} {step}", flush=True)  # noqa: T201 - read by set-up


if __name__ == "__main__":
    raise SystemExit(main())
