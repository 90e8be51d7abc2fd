"""Wait for: the conditions of the annotation `pulumi.com/waitFor`.

`jsonpath={.status.phase}=Running` waits for a value, `jsonpath={.status.loadBalancer.ingress}` for
anything there, `condition=Ready` and `condition=Synced=False` for a status condition. Paths are
JSONPath as RFC 9535 has it, in the braces of kubectl.
"""

from dataclasses import dataclass

from jsonpath import JSONPath, JSONPathError
from jsonpath import compile as compile_path

from modelport.cluster.objects import Json, Object, condition, text


@dataclass(frozen=True, slots=True)
class PathWanted:
    """A place in the object that must be there, or hold a value."""

    written: str
    path: JSONPath
    value: str | None
    """What it must hold; none when anything will do."""

    def __str__(self) -> str:
        return self.written

    def unmet(self, live: Object) -> str:
        """Why `live` does not hold it; empty when it does."""
        found = self.path.findall(live)
        if not found:
            return f"waits for {self.written}, where nothing is yet"
        if self.value is None:
            return ""
        shown = _shown(found[0])
        return "" if shown == self.value else f"waits for {self.written}, now {shown!r}"


@dataclass(frozen=True, slots=True)
class ConditionWanted:
    """A status condition that must have a value."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"condition={self.kind}={self.value}"

    def unmet(self, live: Object) -> str:
        """Why `live` does not hold it; empty when it does."""
        found = condition(live, self.kind)
        if text(found, "status") == self.value:
            return ""
        now = text(found, "status") or "not there"
        message = text(found, "message")
        return f"waits for condition {self.kind} to be {self.value}, now {now}" + (
            f": {message}" if message else ""
        )


Wanted = PathWanted | ConditionWanted


def parse(written: str) -> Wanted:
    """Read one condition.

    Raises:
        ValueError: it is not one; the text says what is wrong with it.
    """
    form, _, rest = written.partition("=")
    if form == "condition" and rest:
        kind, _, value = rest.partition("=")
        return ConditionWanted(kind, value or "True")
    if form != "jsonpath":
        message = (
            f"{written!r} is no condition; write 'condition=Ready' or "
            "'jsonpath={.status.phase}=Running'"
        )
        raise ValueError(message)
    return _path(written, rest)


def _path(written: str, rest: str) -> PathWanted:
    inside, after = _braces(rest)
    if not inside or (after and (not after.startswith("=") or len(after) == 1)):
        message = (
            f"{written!r} is no condition; write jsonpath={{.path}} or jsonpath={{.path}}=value"
        )
        raise ValueError(message)
    rooted = inside if inside.startswith("$") else f"${inside}"
    try:
        path = compile_path(rooted, strict=True)
    except JSONPathError as error:
        message = f"{written!r} holds no JSONPath: {str(error).splitlines()[0]}"
        raise ValueError(message) from error
    if not isinstance(path, JSONPath):
        message = f"{written!r} holds more than one JSONPath; list them as separate conditions"
        raise ValueError(message)  # noqa: TRY004 - a wrong text, not a wrong type
    return PathWanted(rest, path, after[1:] or None)


def _braces(rest: str) -> tuple[str, str]:
    """What stands inside the first braces, and after them; braces in quotes do not count."""
    if not rest.startswith("{"):
        return "", rest
    quote = ""
    depth = 0
    for index, letter in enumerate(rest):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        else:
            depth += {"{": 1, "}": -1}.get(letter, 0)
            if depth == 0:
                return rest[1:index].strip(), rest[index + 1 :]
    return "", rest


def _shown(value: Json) -> str:
    """A value as kubectl prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
