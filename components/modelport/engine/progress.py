"""Progress: how a long step tells what it does and how far it is."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with the text of the step and the overall fraction, 0 to 1."""


def silent(_step: str, _fraction: float) -> None:
    """Progress for callers that show none."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """Progress of one part of the work, which spans `start` to `end` of the whole."""

    def report(step: str, fraction: float) -> None:
        progress(step, start + (end - start) * min(max(fraction, 0.0), 1.0))

    return report
