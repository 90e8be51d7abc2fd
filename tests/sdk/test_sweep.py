"""Every type of the four SDKs can be read: a drawn sample here, all of them in the long run."""

import json
import logging
import os
import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from modelport import sdk
from modelport.sdk import codec
from modelport.sdk.types import (
    EnumType,
    Json,
    ListType,
    MapType,
    ObjectType,
    Properties,
    Type,
    UnionType,
)
from sdk_cache import forget


def through_json(data: Json) -> Json:
    return json.loads(json.dumps(data))


def references(kind: Type) -> Iterator[ObjectType | EnumType]:
    match kind:
        case ObjectType() | EnumType():
            yield kind
        case ListType(item) | MapType(item):
            yield from references(item)
        case UnionType(options):
            assert len(options) > 1
            for option in options:
                yield from references(option)
        case _:
            pass


@dataclass
class Walk:
    """Reads types and all that they refer to."""

    seen: set[ObjectType | EnumType] = field(default_factory=set[ObjectType | EnumType])
    waiting: set[ObjectType | EnumType] = field(default_factory=set[ObjectType | EnumType])
    properties: int = 0

    def take(self, *several: Properties) -> None:
        for properties in several:
            pythons = {item.python for item in properties.values()}
            assert len(pythons) == len(properties)
            for name, item in properties.items():
                assert name == item.name
                self.waiting.update(set(references(item.type)) - self.seen)
            self.properties += len(properties)

    def resources(self, tokens: Iterable[str]) -> None:
        for token in tokens:
            schema = sdk.resource(token)
            assert schema.token == token
            assert codec.decode_resource(through_json(codec.encode_resource(schema))) == schema
            assert schema.secret_outputs <= set(schema.outputs)
            self.take(schema.inputs, schema.outputs)

    def functions(self, tokens: Iterable[str]) -> None:
        for token in tokens:
            schema = sdk.function(token)
            assert codec.decode_function(through_json(codec.encode_function(schema))) == schema
            assert schema.outputs, token
            self.take(schema.inputs, schema.outputs)

    def nested(self) -> None:
        while self.waiting:
            # Sorted: types of one file are read one after another.
            batch = sorted(self.waiting, key=lambda item: item.ref)
            self.seen |= self.waiting
            self.waiting = set()
            for item in batch:
                if isinstance(item, EnumType):
                    assert sdk.members(item.ref), item.ref
                else:
                    found = sdk.nested(item.ref)
                    data = through_json(codec.encode_properties(found))
                    assert codec.decode_properties(data) == found
                    self.take(found)


@pytest.mark.parametrize("package", sdk.PACKAGES)
def test_a_sample_can_be_read(package: str, caplog: pytest.LogCaptureFixture) -> None:
    seed = int(os.environ.get("MODELPORT_SEED", time.time_ns()))
    print(f"MODELPORT_SEED={seed} draws the same sample again")  # noqa: T201 - shown on failure
    drawn = random.Random(seed)
    caplog.set_level(logging.DEBUG, logger="modelport.sdk")
    walk = Walk()
    walk.resources(drawn.sample(sorted(sdk.tokens(package)), 100))
    functions = sorted(sdk.functions(package))
    walk.functions(drawn.sample(functions, min(20, len(functions))))
    # What they refer to would be thousands; a part of it is drawn likewise.
    order = sorted(walk.waiting, key=lambda item: item.ref)
    walk.waiting = set(drawn.sample(order, min(100, len(order))))
    walk.seen = set(order)
    walk.nested()
    assert caplog.messages == []  # nothing was unreadable


@pytest.mark.e2e
@pytest.mark.parametrize("package", sdk.PACKAGES)
def test_everything_can_be_read(
    package: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))  # no room for a cache
    forget()
    caplog.set_level(logging.DEBUG, logger="modelport.sdk")
    walk = Walk()
    tokens = sdk.tokens(package)
    walk.resources([*sorted(tokens, key=tokens.__getitem__), f"pulumi:providers:{package}"])
    functions = sdk.functions(package)
    walk.functions(sorted(functions, key=functions.__getitem__))
    walk.nested()
    print(  # noqa: T201 - for whoever asks with -s
        f"{package}: {len(tokens)} resource types, {len(functions)} functions, "
        f"{len(walk.seen)} nested types and enums, {walk.properties} properties"
    )
    assert caplog.messages == []
    forget()
