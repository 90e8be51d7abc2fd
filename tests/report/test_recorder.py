"""What a recording keeps of the engine's events."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.errors import ModelportError
from modelport.report import Recorder, load, make_report, render_markdown
from report import made

QUEUE = "aws:sqs/queue:Queue"
FORCED = {
    "keys": ["name"],
    "detailedDiff": {"name": {"diffKind": "update-replace", "inputDiff": True}},
}
REPLACED = [
    made.event(3, "create-replacement", QUEUE, "q", {"name": "a"}, {"name": "b"}, **FORCED),
    made.event(4, "replace", QUEUE, "q", {"name": "a"}, {"name": "b"}, **FORCED),
    made.event(9, "delete-replaced", QUEUE, "q", {"name": "a"}, None),
]
EVENTS = [
    *REPLACED,
    made.event(1, "create", QUEUE, "z", None, {"name": "z-1a2b3c4", "key": made.SECRET}),
    made.event(2, "delete", "aws:s3/bucket:Bucket", "a", {"bucket": "x"}, None),
    made.event(
        5, "update", QUEUE, "m", {"tags": {"a": "1"}}, {"tags": {"a": "2", "b": "z-1a2b3c4"}}
    ),
    made.event(6, "same", QUEUE, "s", {"name": "s"}, {"name": "s"}),
    made.event(7, "same", "pulumi:providers:aws", "default_7", {}, {}),
    made.said(8, "warning", "careful in /opt/me/project/stacks/__main__.py"),
    made.said(10, "info", "nothing"),
    made.found(11, "price-known", "advisory", "A component says.\nz has no price\n  why: because"),
    made.summary(12),
]


def test_a_replacement_is_one_step_with_its_order() -> None:
    (step,) = made.recorded(REPLACED).steps
    assert (step.op, step.deletes_first, step.replaced_for) == ("replace", False, ("name",))
    assert [(c.path, c.old, c.new, c.replaces) for c in step.changes] == [("name", "a", "b", True)]
    reordered = [made.event(1, "delete-replaced", QUEUE, "q", {"name": "a"}, None), *REPLACED[:2]]
    assert made.recorded(reordered).steps[0].deletes_first


def test_what_is_kept() -> None:
    recording = made.recorded(EVENTS)
    assert recording.complete
    assert [step.name for step in recording.steps] == ["a", "m", "q", "s", "z"]
    assert recording.packs == ("security",)
    (warning,) = recording.diagnostics
    assert warning.text == "careful in …/__main__.py"
    (finding,) = recording.findings
    assert finding.severity == "low"  # of our own rule; the events do not say it
    assert finding.message == "z has no price\n  why: because"
    text = recording.model_dump_json()
    assert "1a2b3c4" not in text  # random digits of a name, also where another resource uses it
    assert '"z-…"' in text


@given(st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(order: random.Random) -> None:
    shuffled = list(EVENTS)
    order.shuffle(shuffled)
    expected, found = (make_report(made.recorded(events)) for events in (EVENTS, shuffled))
    assert found.to_json() == expected.to_json()
    assert render_markdown(found) == render_markdown(expected)


def test_without_an_end_it_is_not_complete() -> None:
    assert not made.recorded(EVENTS[:-1]).complete
    assert not made.recorded([*EVENTS, made.said(20, "error", "error: broken")]).complete


def test_who_needs_whom_comes_from_a_plan_or_else_from_the_state() -> None:
    recorder = Recorder(made.HEADER)
    for one in EVENTS:
        recorder(one)
    first, second, third = (made.urn(QUEUE, name) for name in "qmz")
    needs = {"propertyDependencies": {"name": [second], "tags": []}, "dependencies": [third]}
    recorder.learn_plan({"resourcePlans": {first: {"goal": needs}}})
    recorder.learn_state(
        {
            "resources": [
                {"urn": first, "dependencies": []},
                {"urn": second, "dependencies": [third]},
            ]
        }
    )
    steps = {step.urn: step for step in recorder.recording().steps}
    assert steps[first].depends_on == (second, third)
    assert steps[first].references == {"name": (second,)}
    assert steps[second].depends_on == (third,)


def test_the_value_that_a_provider_refuses_is_not_kept() -> None:
    framed = (
        "aws:sqs:Queue resource 'q': property tags value {{map[a:{hunter2}]}} has a problem: no"
    )
    (error,) = made.recorded([made.said(1, "error", framed)]).diagnostics
    assert error.text == "aws:sqs:Queue resource 'q': property tags: no"


def test_saved_and_read_again(tmp_path: Path) -> None:
    recording = made.recorded(EVENTS)
    recording.save(tmp_path / "deep" / "preview.json")
    assert load(tmp_path / "deep" / "preview.json") == recording


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "preview.json: no recording of a preview; run 'modelport preview' first"),
        ("{", "preview.json: not a recording of this version (the file: invalid json"),
        ("[]", "preview.json: not a recording of this version (the file: "),
        (json.dumps({"format": "modelport-recording/99"}), "(format: "),
        (json.dumps({"header": 1}), "(header: "),
    ],
)
def test_what_is_no_recording_is_refused_in_a_sentence(
    tmp_path: Path, content: str | None, said: str
) -> None:
    file = tmp_path / "preview.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ModelportError) as refused:
        load(file)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_data_of_a_kubernetes_secret_is_hidden_though_nobody_declared_it() -> None:
    kind = "kubernetes:core/v1:Secret"
    old, new = {"stringData": {"a": "h1"}}, {"stringData": {"a": "h2"}}
    recording = made.recorded([made.event(1, "update", kind, "k", old, new, diffs=["stringData"])])
    assert "h1" not in recording.model_dump_json()
    assert "h2" not in recording.model_dump_json()
    assert [change.path for change in recording.steps[0].changes] == ["stringData"]


def test_a_declared_secret_of_a_kubernetes_secret_is_another_one_not_an_unknown() -> None:
    whole = {"stringData": made.SECRET}
    detail = {"stringData.a": {"diffKind": "update-replace", "inputDiff": True}}
    kind = "kubernetes:core/v1:Secret"
    replaced = made.event(1, "replace", kind, "k", whole, whole, detailedDiff=detail)
    (change,) = made.recorded([replaced]).steps[0].changes
    assert change.old == change.new == made.SECRET_MARK
