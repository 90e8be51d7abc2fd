"""What the engine says was wrong, as people read it."""

from pulumi import automation as auto
from pulumi.automation import events

from modelport.engine.texts import readable_error
from modelport.operations.events import Watcher
from modelport.operations.session import last_error

FRAMED = (
    "gcp:folder/serviceIdentity:ServiceIdentity resource 'case': property folder value "
    "{map[planted:{map[]}]} has a problem: expected a string, got an object"
)
PLAIN = (
    "gcp:folder/serviceIdentity:ServiceIdentity 'case': folder: expected a string, got an object"
)
LOST = (
    "<_InactiveRpcError of RPC that terminated with: status = StatusCode.UNAVAILABLE details = "
    '"failed to connect to all addresses; last error: UNKNOWN: Connection refused">'
)


def heard(*messages: str) -> Watcher:
    watcher = Watcher(lambda _text, _done: None)
    for number, message in enumerate(messages):
        diagnostic = events.DiagnosticEvent(message=message, color="never", severity="error")
        watcher(events.EngineEvent(sequence=number, timestamp=0, diagnostic_event=diagnostic))
    return watcher


def test_the_frame_around_a_refusal_is_left_out() -> None:
    assert readable_error(f"error: {FRAMED}") == PLAIN
    assert readable_error("error: disk full") == "disk full"


def test_a_program_that_lost_its_engine_says_nothing_of_worth() -> None:
    watcher = heard(LOST, f"error: {FRAMED}", "preview failed")
    assert watcher.failure("") == PLAIN
    assert heard(LOST).failure("what the display said") == "what the display said"


def test_an_error_whose_event_was_lost_is_found_in_the_display() -> None:
    shown = f"  gcp:folder:ServiceIdentity (case):\n    error: {FRAMED}\n    error: {FRAMED}\n"
    result = auto.CommandResult(stdout=shown, stderr="", code=255)
    assert last_error(auto.CommandError(result)) == PLAIN
    result = auto.CommandResult(stdout=shown, stderr="error: no stack named 'a'\n", code=255)
    assert last_error(auto.CommandError(result)) == "no stack named 'a'"


def test_where_no_error_is_named_everything_that_was_said_is_told() -> None:
    result = auto.CommandResult(stdout="Previewing\n  gone\n", stderr="\n", code=255)
    assert "Previewing gone" in last_error(auto.CommandError(result))
