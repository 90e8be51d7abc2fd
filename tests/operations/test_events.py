"""Progress, as the engine's events come."""

from itertools import count

from pulumi.automation import events

from modelport.operations.events import Watcher

NUMBERS = count()


def step(operation: str, type_token: str, name: str) -> events.StepEventMetadata:
    return events.StepEventMetadata(
        op=events.OpType(operation),
        urn=f"urn:pulumi:dev::project::{type_token}::{name}",
        type=type_token,
        provider="",
    )


def begun(metadata: events.StepEventMetadata) -> events.EngineEvent:
    pre = events.ResourcePreEvent(metadata=metadata)
    return events.EngineEvent(sequence=next(NUMBERS), timestamp=0, resource_pre_event=pre)


def ended(metadata: events.StepEventMetadata) -> events.EngineEvent:
    outputs = events.ResOutputsEvent(metadata=metadata)
    return events.EngineEvent(sequence=next(NUMBERS), timestamp=0, res_outputs_event=outputs)


def test_a_resource_is_told_once_with_what_happens_to_it() -> None:
    shown: list[tuple[str, float]] = []
    watcher = Watcher(lambda text, done: shown.append((text, done)))
    key = step("create", "modelport:auth:ApiKey", "cancer-key")
    for metadata in (
        step("create", "pulumi:pulumi:Stack", "modelport-dev"),
        step("create", "pulumi:providers:modelport", "default_0_1_0"),
        key,
        step("same", "modelport:index:LocalService", "cancer"),
    ):
        watcher(begun(metadata))
    watcher(ended(key))
    assert list(dict.fromkeys(text for text, _ in shown)) == ["", "create cancer-key (ApiKey)"]
    assert sorted(done for _, done in shown) == [done for _, done in shown]
