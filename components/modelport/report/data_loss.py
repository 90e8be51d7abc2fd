"""Data loss: what goes with a resource that is deleted or replaced."""

from collections.abc import Iterator, Sequence

from modelport.report.changes import kind_of
from modelport.report.data_types import DATA_TYPES, DataType
from modelport.report.recording import Step
from modelport.report.risk import Risk, Steps, risk
from modelport.report.values import SECRET, UNKNOWN, Json, read
from modelport.report.words import base_type, quote, type_words


def data_risks(step: Step, steps: Steps) -> Iterator[Risk]:
    """What is lost, what stops it, and what stays behind without an owner."""
    del steps
    kind = kind_of(step)
    found = DATA_TYPES.get(base_type(step.type))
    if kind == "forget":
        yield risk(
            step, "low", "data",
            f"({type_words(step.type)}) is no longer managed, but stays where it is",
            why="it goes on costing money, and nobody watches it",
            check="who looks after it from now on",
        )  # fmt: skip
    elif found is not None and kind in {"delete", "replace"}:
        yield _loss(step, found, kind)


def _loss(step: Step, found: DataType, kind: str) -> Risk:
    done = "deleted" if kind == "delete" else "deleted and made anew"
    what = f"({type_words(step.type)}) is {done}"
    if step.protect_old:
        return risk(
            step, "medium", "data",
            f"{what}, but it is protected, so the update stops here",
            why=f"with it would go {found.holds}",
            check="that this is meant; an unprotected one is deleted by the update after next",
        )  # fmt: skip
    if step.retain_old:
        return risk(
            step, "low", "data",
            f"{what}, but the old one is kept, without an owner",
            why=f"the new one begins without {found.holds}",
            check="whether what it holds must be copied, and who looks after the old one",
        )  # fmt: skip
    guard = _first(step.old, found.guards)
    if guard is not None:
        return risk(
            step, "medium", "data",
            f"{what}, which {guard} refuses",
            why="the update would stop in the middle, with part of the change made",
            check="that this is meant",
        )  # fmt: skip
    return _unguarded(step, found, what)


def _unguarded(step: Step, found: DataType, what: str) -> Risk:
    opened = _first(step.old, found.opens)
    if found.opens and opened is None and not _open_unknown(step, found):
        return risk(
            step, "medium", "data",
            f"{what}; that fails unless it is empty",
            why=f"with it go {found.holds}",
            check="whether it is empty, and whether what it holds is needed",
        )  # fmt: skip
    unclear = found.loss == "depends" or _open_unknown(step, found)
    why = f"with it go {found.holds}" + (f"; {found.note}" if found.note else "")
    if opened:
        why += f"; {opened} deletes it even when it is full"
    return risk(
        step, "high" if found.loss == "lost" else "medium", "data",
        f"{what}, and what it holds could be lost" if unclear else f"{what}: "
        + ("what it holds is lost" if found.loss == "lost" else "what it holds is soon lost"),
        why=why,
        check="whether there is a copy, or protect it first (`protect=True`)",
        judged=not unclear,
    )  # fmt: skip


def _first(inputs: Json, settings: Sequence[tuple[str, object]]) -> str | None:
    """The first setting that is so, as `forceDestroy: true`."""
    for path, value in settings:
        if read(inputs, path) == value:
            return quote(f"{path}: {'true' if value is True else value}")
    return None


def _open_unknown(step: Step, found: DataType) -> bool:
    return any(read(step.old, path) in (UNKNOWN, SECRET) for path, _ in found.opens)
