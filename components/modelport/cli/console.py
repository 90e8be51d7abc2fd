"""Console: how commands speak; results go to standard output, everything else to standard error.

Colours appear on terminals only and respect NO_COLOR, as rich does.
"""

import json
import os
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

_WIDE = 200
"""Columns where there is no terminal: a table that is read by a program must not be folded."""

out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _WIDE)
"""Results."""


class _Unread(Console):
    """A console whose reader may go away; what was begun then goes on in silence to its end.

    rich would end the thread that prints. It is the one that hears the engine, and the engine
    waits for ever for being heard.
    """

    def on_broken_pipe(self) -> None:
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


err = _Unread(stderr=True, highlight=False, soft_wrap=True)
"""Progress and errors."""

Show = Callable[[str, float], None]


@contextmanager
def progress(title: str, *, quiet: bool = False) -> Generator[Show]:
    """A progress bar on a terminal; plain lines, one for each new step, elsewhere."""
    if quiet:
        yield lambda _text, _done: None
    elif err.is_terminal:
        with _bar() as bar:
            task = bar.add_task(title, total=1.0, step="")
            yield lambda text, done: bar.update(task, completed=done, step=escape(text))
    else:
        yield _plain(title)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def fail(message: str, *, as_json: bool) -> None:
    """Say what was wrong: every line of it, and nothing else."""
    if as_json:
        print_json({"error": message.splitlines()})
        return
    for line in message.splitlines() or [""]:
        indented = line.startswith(" ")
        prefix = "" if indented else "[bold red]error:[/] "
        err.print(prefix + escape(line))


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A plain table without frame."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*(escape(cell) for cell in row))
    return shown


def _bar() -> Progress:
    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}"),
        console=err,
        transient=True,
    )


def _plain(title: str) -> Show:
    last: list[str] = [""]

    def show(text: str, _done: float) -> None:
        if text != last[0]:
            last[0] = text
            err.print(escape(f"{title}: {text}"), style="dim")

    return show


def dump(value: Any) -> Any:
    """A result of an operation as plain data, without the bundle's whole record."""
    if hasattr(value, "record"):
        record = value.record
        fields = {key: getattr(value, key) for key in value.__slots__ if key != "record"}
        return fields | {
            "bundle": record.name,
            "version": record.version,
            "metrics": record.evaluation.metrics,
            "baseline": record.evaluation.baseline,
        }
    if isinstance(value, list):
        return [dump(item) for item in value]
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if hasattr(value, "__slots__"):
        return {key: dump(getattr(value, key)) for key in value.__slots__}
    return value
