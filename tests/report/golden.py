"""The recorded changes of each cloud, and where their reviewed reports are."""

from pathlib import Path

from modelport.report import Recording, make_report, render_markdown

GOLDEN = Path(__file__).parent / "golden"
CLOUDS = ("aws", "azure", "gcp", "kubernetes")


def texts_of(cloud: str, recording: Recording) -> dict[str, str]:
    """Every text that is made from a recording, by file name."""
    report = make_report(recording)
    return {
        f"{cloud}.recording.json": recording.model_dump_json(indent=1) + "\n",
        f"{cloud}.json": report.to_json(),
        f"{cloud}.md": render_markdown(report),
    }
