"""Steps and events made by hand."""

from typing import Any

from pulumi.automation.events import EngineEvent

from modelport.report import Header, Recorder, Recording
from modelport.report.recording import Change, Step
from modelport.report.risk import Risk
from modelport.report.risks import risks_of

SECRET = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    "ciphertext": "[secret]",
}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWN_MARK = {"$mark": "unknown"}
SECRET_MARK = {"$mark": "secret"}
GROUP = "aws:ec2/securityGroup:SecurityGroup"
SERVER = "modelport:local:Server"
HEADER = Header(project="demo", stack="dev", base="the stack as it was last deployed")
STACK_URN = "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev"


def urn(type_token: str, name: str) -> str:
    return f"urn:pulumi:dev::demo::{type_token}::{name}"


def step(type_token: str, name: str = "it", op: str = "create", **more: Any) -> Step:
    return Step(
        urn=urn(type_token, name), type=type_token, op=op, provider=type_token.split(":")[0], **more
    )


def updated(type_token: str, path: str, before: Any, after: Any, **more: Any) -> Step:
    """An update of one property."""
    change = Change(path=path, kind="update", old=before, new=after)
    return step(type_token, op="update", changes=(change,), **more)


def recording(*steps: Step, **more: Any) -> Recording:
    return Recording(header=HEADER, steps=steps, packs=("security",), **more)


def state(type_token: str, name: str, inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": type_token,
        "urn": urn(type_token, name),
        "id": "",
        "parent": STACK_URN,
        "custom": True,
        "provider": f"urn:pulumi:dev::demo::pulumi:providers:{type_token.split(':')[0]}::p::1",
        "inputs": inputs,
        "outputs": {},
        **more,
    }


def event(
    sequence: int,
    op: str,
    type_token: str,
    name: str,
    old: dict[str, Any] | None,
    new: dict[str, Any] | None,
    **more: Any,
) -> EngineEvent:
    metadata = {
        "op": op,
        "urn": urn(type_token, name),
        "type": type_token,
        "old": None if old is None else state(type_token, name, old),
        "new": None if new is None else state(type_token, name, new),
        "provider": "",
        **more,
    }
    return EngineEvent.from_json(
        {"sequence": sequence, "timestamp": 0, "resourcePreEvent": {"metadata": metadata}}
    )


def summary(sequence: int) -> EngineEvent:
    return EngineEvent.from_json(
        {
            "sequence": sequence,
            "timestamp": 0,
            "summaryEvent": {"PolicyPacks": {"security|local|/somewhere/policies/security": "1"}},
        }
    )


def said(sequence: int, severity: str, message: str) -> EngineEvent:
    return EngineEvent.from_json(
        {
            "sequence": sequence,
            "timestamp": 0,
            "diagnosticEvent": {"severity": severity, "message": message},
        }
    )


def found(sequence: int, policy: str, level: str, message: str) -> EngineEvent:
    return EngineEvent.from_json(
        {
            "sequence": sequence,
            "timestamp": 0,
            "policyEvent": {
                "policyName": policy,
                "policyPackName": "security",
                "enforcementLevel": level,
                "message": message,
            },
        }
    )


def recorded(events: list[EngineEvent]) -> Recording:
    recorder = Recorder(HEADER)
    for one in events:
        recorder(one)
    return recorder.recording()


def risks(*steps: Step) -> list[Risk]:
    return list(risks_of(recording(*steps)))


def of(subject: str, *steps: Step) -> list[Risk]:
    return [risk for risk in risks(*steps) if risk.subject == subject]
