"""Problems: what is wrong with a config, one line each, with the nearest fix."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from pydantic import BaseModel, Tag, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from modelport.config.targets import PLANNED_KINDS, TARGETS
from modelport.errors import ConfigError

Path = tuple[str | int, ...]

_TAG = re.compile(r"<[\w.]+>")
"""How members of a union are named in pydantic's paths."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is and what to write instead."""

    path: Path
    """Keys from the namespace down, e.g. `("deployments", "cancer", "target", "port")`."""
    message: str
    """What is wrong, what is allowed and the nearest fix."""

    def dotted(self) -> str:
        """The path as a stack file has it: `modelport:deployments.cancer.target.port`."""
        return "modelport:" + self._keys() if self.path else "modelport"

    def within(self, model: str) -> str:
        """The problem of a model that a program makes: `Deployment.target.port: …`."""
        place = f"{model}.{self._keys()}" if self.path else model
        return f"{place}: {self.message}"

    def _keys(self) -> str:
        text = ""
        for index, key in enumerate(self.path):
            if isinstance(key, int):
                text += f"[{key}]"
            else:
                text += ("" if index == 0 else ".") + _key(key)
        return text


def find_problems(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Turn pydantic's errors about `model` into problems, a misspelt key and its absence as one."""
    details = error.errors(include_url=False)
    missing = {_path(item): item for item in details if item["type"] == "missing"}
    problems: list[Problem] = []
    for item in details:
        path, owner = _path(item), item["loc"][:-1]
        if item["type"] != "extra_forbidden":
            continue
        fix = nearest_word(str(path[-1]), _fields_at(model, owner))
        if fix is not None:
            absent = missing.pop((*path[:-1], fix), None)
            message = (
                f"unknown key; did you mean '{fix}'?"
                if absent is None
                else (f"unknown key; write '{fix}' instead")
            )
        else:
            allowed = ", ".join(_fields_at(model, owner)) or "none"
            message = f"unknown key; allowed: {allowed}"
        problems.append(Problem(path, message))
    for item in details:
        path = _path(item)
        if item["type"] == "extra_forbidden" or (item["type"] == "missing" and path not in missing):
            continue
        if item["type"] == "too_short" and any(_path(other)[:-1] == path for other in details):
            continue  # what stood in it was wrong; that is said already
        if item["type"].startswith("union_tag"):
            problems.append(_no_member(item, path))
        else:
            problems.append(Problem(path, _message(item, model)))
    return problems


def _no_member(item: ErrorDetails, path: Path) -> Problem:
    """A target of no kind that there is, or something else than a mapping."""
    given = item["input"]
    if not isinstance(given, dict):
        example = "should be a mapping, e.g. {kind: local, port: 3000}"
        return Problem(path, f"{example}, got {_shown(given)}")
    return Problem((*path, "kind"), _kind(cast("dict[str, Any]", given).get("kind")))


def _path(item: ErrorDetails) -> Path:
    # Tags of unions stand in pointed brackets; they are no keys of the user's.
    return tuple(key for key in item["loc"] if key != "[key]" and not _is_tag(key))


def _is_tag(key: object) -> bool:
    return isinstance(key, str) and _TAG.fullmatch(key) is not None


def _message(item: ErrorDetails, model: type[BaseModel]) -> str:
    kind = item["type"]
    field = _field_at(model, item["loc"])
    if kind == "missing":
        about = f"; {_sentence(field.description)}" if field and field.description else ""
        return f"required{about}"
    if kind == "literal_error":
        return _choice(item)
    if kind == "value_error":
        return f"{_shown(item['input'])}: {item.get('ctx', {}).get('error', item['msg'])}"
    if kind == "string_pattern_mismatch":
        return _pattern(item, field)
    if kind in {"too_short", "string_too_short"}:
        about = f"; {_sentence(field.description)}" if field and field.description else ""
        return f"must not be empty{about}"
    above = _above(field)
    if above is not None and kind == "greater_than":
        return f"{_shown(item['input'])} is not allowed; allowed: more than {_number(above)}"
    bounds = _bounds(field)
    if bounds and kind.startswith(("greater_than", "less_than")):
        low, high = bounds
        value = cast("float", item["input"])
        nearest = low if low is not None and value < low else high
        span = (
            f"{_number(low)} to {_number(high)}" if high is not None else f"{_number(low)} or more"
        )
        return f"{_shown(value)} is not allowed; allowed: {span}; nearest: {_number(nearest)}"
    wanted = item["msg"][0].lower() + item["msg"][1:]
    wanted = wanted.removeprefix("input ").replace("valid dictionary", "mapping of keys to values")
    if kind == "model_type":
        wanted = f"should be a mapping with the keys {', '.join(_fields_at(model, item['loc']))}"
    return f"{wanted}, got {_shown(item['input'])}"


def _pattern(item: ErrorDetails, field: FieldInfo | None) -> str:
    allowed = _sentence(field.description) if field and field.description else "another form"
    if "[key]" in item["loc"]:
        allowed = "a lower-case letter, then letters, digits, '-' or '_'; at most 40 characters"
    fix = re.sub(r"[^a-z0-9_@]+", "_", str(item["input"]).lower()).strip("_")
    fits = re.search(str(item.get("ctx", {}).get("pattern", "$^")), fix) is not None
    hint = f"; did you mean '{fix}'?" if fits else ""
    return f"{_shown(item['input'])} is not allowed; allowed: {allowed}{hint}"


def _kind(given: object) -> str:
    available = ", ".join(TARGETS)
    value = str(given)
    if value in PLANNED_KINDS:
        return f"{value}: not in this version; available: {available}"
    fix = nearest_word(value, list(TARGETS))
    hint = f"; did you mean '{fix}'?" if fix else ""
    return f"{_shown(given)} is not a kind of target{hint}; available: {available}"


def _choice(item: ErrorDetails) -> str:
    value = str(item["input"])
    allowed = [
        part.strip(" '")
        for part in str(item.get("ctx", {}).get("expected", "")).replace(" or ", ",").split(",")
    ]
    fix = nearest_word(value, allowed)
    hint = f"; did you mean '{fix}'?" if fix else ""
    return f"{_shown(item['input'])} is not allowed; allowed: {', '.join(allowed)}{hint}"


def _key(key: str) -> str:
    """A key as it stands in a path; one with odd characters is quoted."""
    return key if re.fullmatch(r"[\w. -]+", key) else repr(key)


def named_values(
    option: str, given: Iterable[str], names: Iterable[str], form: str
) -> list[tuple[str, str]]:
    """What an option that may be repeated gives, each `NAME=VALUE`.

    Args:
        option: The option, e.g. `--region`.
        given: What was written.
        names: Names that it takes.
        form: Its form in words, before the names: `CLOUD=REGION, with one of`.

    Raises:
        ConfigError: every one that has another form.
    """
    known = list(names)
    pairs = [item.partition("=") for item in given]
    wrong = [
        f"{option} {name}{between}{value}: should be {form} {', '.join(known)}"
        for name, between, value in pairs
        if name not in known or not value
    ]
    if wrong:
        raise ConfigError(wrong)
    return [(name, value) for name, _, value in pairs]


def nearest_word(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like another one; none when none is alike."""
    folded = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def _shown(value: object) -> str:
    """A short form of a value; long or nested ones are cut, for a line must stay a line."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _sentence(text: str) -> str:
    first = text.partition("\n")[0].rstrip(".")
    return first if first[1:2].isupper() else first[0].lower() + first[1:]


def _number(value: float | None) -> str:
    return "any" if value is None else f"{value:.15g}"


def _bounds(field: FieldInfo | None) -> tuple[float | None, float | None] | None:
    if field is None:
        return None
    low = next((m.ge for m in _metadata(field) if isinstance(m, Ge)), None)
    high = next((m.le for m in _metadata(field) if isinstance(m, Le)), None)
    if low is None and high is None:
        return None
    return cast("float | None", low), cast("float | None", high)


def _above(field: FieldInfo | None) -> float | None:
    """The bound that a value must exceed; none when there is no such bound."""
    marks = _metadata(field) if field else ()
    return next((cast("float", mark.gt) for mark in marks if isinstance(mark, Gt)), None)


def _metadata(field: FieldInfo) -> Iterator[object]:
    yield from field.metadata
    for part in get_args(field.annotation):
        for extra in get_args(part):
            if isinstance(extra, FieldInfo):
                yield from extra.metadata
            elif isinstance(extra, Ge | Gt | Le | MinLen | MaxLen):
                yield extra


def _fields_at(model: type[BaseModel], path: Path) -> list[str]:
    found = _model_at(model, path)
    return list(found.model_fields) if found else []


def _field_at(model: type[BaseModel], path: Path) -> FieldInfo | None:
    parent = _model_at(model, path[:-1]) if path else None
    return parent.model_fields.get(str(path[-1])) if parent else None


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model that describes the value at a path of pydantic's, if one does."""
    here: Any = model
    for key in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(str(key))
            here = field.annotation if field else None
        else:
            here = _tagged(here, str(key)) if _is_tag(key) else _inner(here, key)
    return _only_model(here)


def _tagged(annotation: Any, tag: str) -> Any:
    """The member of a union with this tag."""
    for member in get_args(annotation):
        if any(isinstance(mark, Tag) and mark.tag == tag for mark in get_args(member)[1:]):
            return get_args(member)[0]
    inner = (_tagged(member, tag) for member in get_args(annotation))
    return next((found for found in inner if found is not None), None)


def _inner(annotation: Any, key: str | int) -> Any:
    """What an annotation says about one of its keys: a mapping, a sequence or a union of models."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return arguments[1]
    for member in _models_in(annotation):
        if str(key) in member.model_fields:
            return member.model_fields[str(key)].annotation
    return arguments[0] if arguments else None


def _only_model(annotation: Any) -> type[BaseModel] | None:
    members = _models_in(annotation)
    return members[0] if len(members) == 1 else None


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models among the members of a union; a model alone is its own only member."""
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    if get_origin(annotation) not in {Annotated, Union, UnionType}:
        return []  # a mapping or a sequence is no union
    return [found for part in get_args(annotation) for found in _models_in(part)]
