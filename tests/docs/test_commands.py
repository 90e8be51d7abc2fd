"""The commands that the docs name exist, with the options that they name."""

import re
import shlex
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer

from docs.texts import ROOT, blocks, documents, inline_code, name_of
from modelport.cli import app

OTHERS = {".", "apt-get", "curl", "git", "cd", "pulumi"}
"""Programs of others that a shell block may start."""
TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
COMMAND: Any = typer.main.get_command(app)


def check_make(words: list[str]) -> None:
    for word in words:
        assert "=" in word or word.startswith("-") or word in TARGETS, f"make {word}"


def check_modelport(words: list[str]) -> None:
    """Check the command, also one of a group, and its options; the root's own may stand alone."""
    command = COMMAND
    for word in words:
        if word.startswith("-") or not hasattr(command, "commands"):
            break
        assert word in command.commands, f"modelport {' '.join(words)}"
        command = command.commands[word]
    known = {"--help"} | {option for item in command.params for option in item.opts}
    for word in words:
        if word.startswith("-") and word != "-":
            assert word.partition("=")[0] in known, f"modelport {' '.join(words)}"


def check_program(words: list[str]) -> None:
    program = words[0]
    if program == "make":
        check_make(words[1:])
    elif program == "modelport":
        check_modelport(words[1:])
    elif program == ".venv/bin/python":
        if words[1] == "-m" and words[2].startswith("modelport."):
            assert find_spec(words[2]), " ".join(words)
            return
        file = words[2].replace(".", "/") + ".py" if words[1] == "-m" else words[1]
        assert (ROOT / file).is_file(), " ".join(words)
    else:
        assert program in OTHERS or program.startswith(".venv/bin/"), " ".join(words)


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_shell_blocks_name_what_exists(path: Path) -> None:
    for block in blocks(path, "sh", "bash", "shell"):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\|\||;|\|", line):
                words = shlex.split(part, comments=True)
                if words:
                    check_program(words)


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_inline_commands_exist(path: Path) -> None:
    for code in inline_code(path):
        words = code.split()
        if len(words) > 1 and words[0] == "make":
            check_make(words[1:])
        elif len(words) > 1 and words[0] == "modelport":
            check_modelport(words[1:])
