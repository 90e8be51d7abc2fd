"""The reports of the recorded changes are as reviewed; no engine is needed to judge a recording."""

import re

import pytest

from modelport.report import load, make_report, render_markdown
from report.golden import CLOUDS, GOLDEN, texts_of

RECORDINGS = {cloud: load(GOLDEN / f"{cloud}.recording.json") for cloud in CLOUDS}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_recording_gives_the_reviewed_report(cloud: str) -> None:
    for name, text in texts_of(cloud, RECORDINGS[cloud]).items():
        assert (GOLDEN / name).read_text() == text


@pytest.mark.parametrize("cloud", CLOUDS)
def test_nothing_of_one_machine_or_one_run_is_in_it(cloud: str) -> None:
    for text in texts_of(cloud, RECORDINGS[cloud]).values():
        assert not re.search(r"/(tmp|opt|usr|var)/|\d\d:\d\d:\d\d", text)


def test_a_report_that_is_too_long_is_shortened_and_says_so() -> None:
    recording = RECORDINGS["aws"]
    step = next(step for step in recording.steps if step.op != "same")
    many = tuple(
        step.model_copy(update={"urn": f"{step.urn}{number:04}", "name": "x" * 200})
        for number in range(3000)
    )
    report = make_report(recording.model_copy(update={"steps": (*recording.steps, *many)}))
    text = render_markdown(report)
    assert 20_000 < len(text.encode()) <= 65_000
    assert "left out to keep this short; the JSON report has all of them" in text
    assert len(report.changes) > 3000
    assert len(render_markdown(report, 12_000).encode()) <= 12_000


def test_the_diagram_of_many_resources_is_folded_by_component() -> None:
    recording = RECORDINGS["aws"]
    steps = [step for step in recording.steps if step.op == "update" and step.custom]
    many = tuple(
        step.model_copy(update={"urn": f"{step.urn}{number}"})
        for step in steps
        for number in range(60)
    )
    diagram = make_report(recording.model_copy(update={"steps": (*recording.steps, *many)})).diagram
    nodes = re.findall(r"^  (?:n\d+|rest)\[", diagram, re.MULTILINE)
    assert 1 < len(nodes) <= 40
    assert re.search(r"cancer<br>2 replaced, \d+ changed", diagram)
