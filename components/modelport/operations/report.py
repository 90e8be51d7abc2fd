"""Report: a recorded preview, judged for a person."""

from pathlib import Path

from modelport.report import Report, load, make_report


def report(recording: Path) -> Report:
    """Judge a recorded preview, e.g. the last one of a project (`Home.preview`).

    Raises:
        ModelportError: there is no such recording, or it is not one.
    """
    return make_report(load(recording))
