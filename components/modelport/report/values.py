"""Values: properties as a recording holds them, without secrets, read three-valued.

The engine sends secrets blinded and values that are not known yet as a fixed text. Both become
`Mark` here, so that no text that a program chose can pass for one.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Final, cast

from modelport_policies.secret_words import could_be_secret, looks_like_secret, named_like_secret

Json = object
"""None, bool, int, float, str, or lists and dicts of them."""
Key = str | int

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark of the engine's, no secret
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Marks in the engine's JSON: github.com/pulumi/pulumi, sdk/go/common/resource and property."""
ENGINE_SECRET: Json = {_SIGNATURE: _SECRET}
"""How the engine sends a secret."""
_MARK = "$mark"
_LONGEST = 20_000
"""Characters of a text that are kept: more than any policy document that a cloud accepts."""


class Mark(Enum):
    """Why there is no value to show."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    SECRET = "secret"  # noqa: S105 - a word, no secret


MISSING: Final = Mark.MISSING
UNKNOWN: Final = Mark.UNKNOWN
SECRET: Final = Mark.SECRET


def mark(kind: Mark) -> Json:
    """How a recording holds a secret or an unknown value."""
    return {_MARK: kind.value}


def is_mark(value: Json, kind: Mark) -> bool:
    """Whether a recorded value is this mark."""
    return value == {_MARK: kind.value}


def blinded(value: Json, name: str = "") -> Json:
    """A value of the engine's as a recording may hold it.

    Secrets become a mark, also texts that look like one although nobody declared them so, or that
    stand under a name like `password`; assets become a hash.
    """
    if isinstance(value, Mapping):
        return _mapping(cast("Mapping[str, Json]", value))
    if isinstance(value, list):
        return [blinded(item, name) for item in cast("list[Json]", value)]
    if not isinstance(value, str):
        return value
    if value == _UNKNOWN:
        return mark(UNKNOWN)
    if looks_like_secret(value) or (named_like_secret(name) and could_be_secret(value)):
        return mark(SECRET)
    if len(value) > _LONGEST:
        return f"{value[:_LONGEST]}… sha256 {_digest(value)}"
    return value


def blinded_pair(old: Json, new: Json) -> tuple[Json, Json, list[str]]:
    """Old and new properties, where what is secret on one side is shown on neither.

    Returns:
        Both, and the paths where a secret became plain.
    """
    plain: list[str] = []
    before, after = _both_blinded(blinded(old), blinded(new), (), plain)
    return before, after, sorted(plain)


def has_secret(value: Json) -> bool:
    """Whether there is a secret anywhere in a recorded value."""
    if is_mark(value, SECRET):
        return True
    return any(has_secret(item) for item in (*entries(value).values(), *items(value)))


def at(value: Json, path: Sequence[Key]) -> Json:
    """The value at `path`, or a `Mark`; what lies inside a secret is secret."""
    here = value
    for key in path:
        if is_mark(here, SECRET) or is_mark(here, UNKNOWN):
            break
        if isinstance(here, Mapping) and isinstance(key, str):
            here = cast("Mapping[str, Json]", here).get(key)
        elif isinstance(here, list) and isinstance(key, int):
            items = cast("list[Json]", here)
            here = items[key] if key < len(items) else None
        else:
            return MISSING
    if is_mark(here, SECRET):
        return SECRET
    if is_mark(here, UNKNOWN):
        return UNKNOWN
    return MISSING if here is None else here


def read(value: Json, path: str) -> Json:
    """`at` with a dotted path, e.g. `spec.replicas`."""
    return at(value, path.split("."))


def items(value: Json) -> Sequence[Json]:
    """The elements of a list; none when it is no list."""
    return cast("list[Json]", value) if isinstance(value, list) else ()


def entries(value: Json) -> Mapping[str, Json]:
    """The entries of a mapping; none when it is no mapping, or a mark."""
    if not isinstance(value, Mapping) or is_mark(value, SECRET) or is_mark(value, UNKNOWN):
        return {}
    return cast("Mapping[str, Json]", value)


def each(value: Json, path: str) -> Iterator[Json]:
    """Every value at a path in which `*` stands for all elements of a list; marks included."""
    if isinstance(value, Mark):
        yield value
        return
    head, _, rest = path.partition(".")
    if head == "*":
        for index, _item in enumerate(items(value)):
            found = at(value, (index,))
            yield from each(found, rest) if rest else (found,)
        return
    found = at(value, (head,))
    yield from each(found, rest) if rest else (found,)


def number(value: Json) -> float | None:
    """A number, also when it is written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def texts(value: Json) -> set[str]:
    """A text, or the texts of a list of them."""
    if isinstance(value, str):
        return {value}
    return {item for item in items(value) if isinstance(item, str)}


def mapped(value: Json, change: Callable[[str], str]) -> Json:
    """The value with every text in it changed, keys included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        found = cast("Mapping[str, Json]", value)
        return {change(key): mapped(item, change) for key, item in found.items()}
    if isinstance(value, list):
        return [mapped(item, change) for item in cast("list[Json]", value)]
    return value


def path_keys(path: str) -> tuple[Key, ...]:
    """The keys of a path of the engine's, e.g. `ingress[0].tags["a.b"]`."""
    keys: list[Key] = []
    for name, index, quoted in re.findall(r'([^.\[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]', path):
        if index:
            keys.append(int(index))
        else:
            keys.append(name or quoted.replace('\\"', '"'))
    return tuple(keys)


def path_text(keys: Sequence[Key]) -> str:
    """The other way round."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        elif re.fullmatch(r'[^.\[\]"]+', key):
            text += f".{key}" if text else key
        else:
            text += f'["{key}"]'
    return text


def _mapping(value: Mapping[str, Json]) -> Json:
    signature = value.get(_SIGNATURE)
    if signature == _SECRET:
        return mark(SECRET)
    if signature == _OUTPUT:
        return mark(SECRET) if value.get("secret") else _output(value)
    if isinstance(signature, str):
        return _reference(value)
    named = value.get("name")
    if set(value) == {"name", "value"} and isinstance(named, str):
        # The form in which containers and web apps take their variables.
        return {"name": named, "value": blinded(value["value"], named)}
    return {
        f"${key}" if key == _MARK else key: blinded(item, key)
        for key, item in sorted(value.items())
        if key not in {"__defaults", "__internal"}
    }


def _output(value: Mapping[str, Json]) -> Json:
    return blinded(value["value"]) if "value" in value else mark(UNKNOWN)


def _reference(value: Mapping[str, Json]) -> Json:
    """An asset, an archive or a resource: the hash or the name says enough."""
    digest, urn = value.get("hash"), value.get("urn")
    if isinstance(digest, str) and digest:
        return f"file with sha256 {digest[:12]}…"
    if isinstance(urn, str):
        return f"resource {urn.rsplit('::', 1)[-1]}"
    return "file"


def _both_blinded(
    old: Json, new: Json, path: tuple[Key, ...], plain: list[str]
) -> tuple[Json, Json]:
    if is_mark(old, SECRET) or is_mark(new, SECRET):
        if is_mark(old, SECRET) and isinstance(new, str | int | float) and new != "":
            plain.append(path_text(path))
        return _hide(old), _hide(new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return _mappings_blinded(
            cast("dict[str, Json]", old), cast("dict[str, Json]", new), path, plain
        )
    if isinstance(old, list) and isinstance(new, list):
        return _lists_blinded(cast("list[Json]", old), cast("list[Json]", new), path, plain)
    return old, new


def _lists_blinded(
    old: list[Json], new: list[Json], path: tuple[Key, ...], plain: list[str]
) -> tuple[Json, Json]:
    """Lists side by side; elements with names are matched by them, others by their place."""
    if any(is_mark(item, SECRET) for item in (*old, *new)):
        return _secrets_blinded(old, new, path, plain)
    before, after = list(old), list(new)
    for here, there in _pairs(old, new):
        before[here], after[there] = _both_blinded(old[here], new[there], (*path, there), plain)
    return before, after


def _secrets_blinded(
    old: list[Json], new: list[Json], path: tuple[Key, ...], plain: list[str]
) -> tuple[Json, Json]:
    """Lists of secrets: one may have moved, so only what is plain on both sides is surely none."""
    known = [item for item in old if item in new]
    fewer = sum(is_mark(item, SECRET) for item in old) > sum(is_mark(item, SECRET) for item in new)
    if fewer:
        plain += [
            path_text((*path, index))
            for index, item in enumerate(new)
            if isinstance(item, str | int | float) and item not in known
        ]
    return (
        [item if item in known else _hide(item) for item in old],
        [item if item in known else _hide(item) for item in new],
    )


def _pairs(old: list[Json], new: list[Json]) -> Iterator[tuple[int, int]]:
    names = [entries(item).get("name") for item in new]
    if all(isinstance(entries(item).get("name"), str) for item in (*old, *new)):
        for index, item in enumerate(old):
            name = entries(item).get("name")
            if name in names:
                yield index, names.index(name)
    else:
        yield from zip(range(len(old)), range(len(new)), strict=False)


def _mappings_blinded(
    old: dict[str, Json], new: dict[str, Json], path: tuple[Key, ...], plain: list[str]
) -> tuple[Json, Json]:
    before, after = dict(old), dict(new)
    for key in sorted(old.keys() & new.keys()):
        before[key], after[key] = _both_blinded(old[key], new[key], (*path, key), plain)
    return before, after


def _hide(value: Json) -> Json:
    """What stood or will stand where the other side is secret; that it is not known may be said."""
    return value if value is None or is_mark(value, UNKNOWN) else mark(SECRET)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
