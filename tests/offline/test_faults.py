"""Faults: what the file may say, and what happens then."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelport.errors import ConfigError, ServiceError
from modelport.offline import OfflineBacking
from modelport.offline.faults import VARIABLE, fault_of
from modelport.sdk_provider.backing import PartialFailure
from offline_cases import request_of

TOPIC = "aws:sns/topic:Topic"
URN = "urn:pulumi:dev::project::aws:sns/topic:Topic::alarms"
Write = Callable[[Any], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    path = tmp_path / "faults.yaml"
    monkeypatch.setenv(VARIABLE, str(path))

    def written(content: Any) -> None:
        path.write_text(content if isinstance(content, str) else json.dumps(content))

    return written


def test_without_a_file_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert fault_of(URN).drifted({"a": 1}) == {"a": 1}
    fault_of(URN).fail("create")


@pytest.mark.parametrize("key", ["alarms", "*::alarms", "*sns/topic*", URN])
def test_a_resource_is_named_or_matched(write: Write, key: str) -> None:
    write({key: {"create": "no"}})
    with pytest.raises(ServiceError, match=r"^no$"):
        fault_of(URN).fail("create")
    fault_of(URN).fail("delete")
    fault_of(URN.replace("alarms", "other").replace("topic", "t")).fail("create")


def test_the_file_is_read_anew(write: Write) -> None:
    write({"alarms": {"create": "first"}})
    assert fault_of(URN).create == "first"
    write({"alarms": {"create": "second"}})
    assert fault_of(URN).create == "second"


def test_several_entries_add_up(write: Write) -> None:
    write({"*": {"delay": 0, "update": "all"}, "alarms": {"create": "one"}})
    assert (fault_of(URN).create, fault_of(URN).update) == ("one", "all")


def test_drift_reaches_every_place(write: Write) -> None:
    write({"alarms": {"read": {"a.b[1].c": 2, "new.deep": True, "gone": None, "list": []}}})
    values = {"a": {"b": [{"c": 0}, {"c": 1, "d": 4}]}, "gone": 1, "list": [1]}
    assert fault_of(URN).drifted(dict(values)) == {
        "a": {"b": [{"c": 0}, {"c": 2, "d": 4}]},
        "new": {"deep": True},
        "list": [],
    }
    assert values["a"] == {"b": [{"c": 0}, {"c": 1, "d": 4}]}  # what was given stays as it is


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"alarms": {"craete": "x"}}, "alarms.craete: unknown key; did you mean 'create'"),
        ({"alarms": {"delay": -1}}, "alarms.delay"),
        ({"alarms": {"create": 5}}, "alarms.create"),
        ({"alarms": {"read": "lost"}}, "alarms.read"),
        ([1], "expected a map"),
        ("a: [", "neither YAML nor JSON"),
    ],
)
def test_a_mistake_in_the_file_is_named(write: Write, content: Any, words: str) -> None:
    write(content)
    with pytest.raises(ConfigError) as caught:
        fault_of(URN)
    assert words in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none.yaml"))
    with pytest.raises(ConfigError, match=r"none.yaml cannot be read"):
        fault_of(URN)


def test_the_backing_obeys(write: Write) -> None:
    backing, request = OfflineBacking("aws"), request_of(TOPIC, name="alarms")
    inputs: dict[str, Any] = {"name": "a"}
    write({})
    resource_id, outputs = backing.create(request, inputs)
    write({"alarms": {"read": {"displayName": "changed"}}})
    found = backing.read(request, resource_id, inputs, outputs)
    assert found == (
        {"name": "a", "displayName": "changed"},
        {**outputs, "displayName": "changed"},
    )
    write({"alarms": {"read": "gone"}})
    assert backing.read(request, resource_id, inputs, outputs) is None
    write({"alarms": {"partial": "not ready"}})
    with pytest.raises(PartialFailure, match="not ready") as caught:
        backing.create(request, inputs)
    assert (caught.value.resource_id, caught.value.outputs) == (resource_id, outputs)
    write({"alarms": {"delete": "in use", "update": "throttled"}})
    with pytest.raises(ServiceError, match="in use"):
        backing.delete(request, resource_id, inputs, outputs)
    with pytest.raises(ServiceError, match="throttled"):
        backing.update(request, resource_id, inputs, inputs, outputs)
