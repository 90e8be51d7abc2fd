"""Documentation: what an SDK's text about a property says that its types do not."""

import re

_SENTENCE_END = re.compile(r"(?<=[.;!])\s+|\n\s*\n|\n\s*[*-] ")
_SPACE = re.compile(r"\s+")
_NOTE = re.compile(r"^(?:[>*~\s]*(?:note|warning)\b[:*\s]*(?:that )?)", re.IGNORECASE)
_IF_CHANGED = re.compile(r",? (?:if|when|once) (?:it is )?(?:changed|modified|mutated|updated)$")

_AT_CREATION = r"(?:this \w+ is only set at create time and )?"
_NOUN = r"(?:value|field|property|parameter|argument|attribute|setting|name|list|block)"
_CHANGE = (
    r"(?:changing|modifying|updating|changes to|updates to) "
    rf"(?:this|it|its|the value|(?:this|the) {_NOUN}|(?:the )?`(?P<name>[\w.]+)`)"
    r"(?: after creation)? (?:will |would )?"
)
_NEW = (
    r"(?:(?:the )?creation of )?"
    r"(?:(?:a |the )?(?:new resource|(?:resource )?replacement|re-?creation))"
    r"(?: of the (?:new )?resource)?(?: (?:to be|being) created)?"
)
_CAUSES = r"(?:forces?|triggers?|causes?|requires?|creates?)"
_REPLACES = [
    re.compile(pattern)
    for pattern in (
        rf"forces? {_NEW}",
        rf"{_AT_CREATION}{_CHANGE}{_CAUSES} (?:terraform to create )?{_NEW}",
        rf"{_AT_CREATION}{_CHANGE}(?:re-?creates?|replaces?) the resource",
        rf"{_CHANGE}(?:forces?|causes?) the resource to be (?:re-?created|replaced)",
        r"the field is immutable and causes resource replacement",
    )
]
_IMMUTABLE = re.compile(
    r"(?:it is an )?immutable(?: field)?(?: once (?:set|created)| after creation)?|"
    rf"(?:this|the) {_NOUN} (?:is immutable|cannot be changed)"
    r"(?: once (?:set|created)| after creation)?"
)

_VALUES = re.compile(
    r"(?i:(?:valid|possible|allowed|supported|accepted) values?"
    r"(?: are| include| is)?:?\s+(?:either |one of:? )?)(?=[`\"'\[]|[A-Z][A-Z0-9_]+\b)"
)
# A value itself may be called `default` or `if`: the words end a list where they stand bare.
_VALUES_END = re.compile(r"\.\s|\.$|\n\s*\n|(?<=[\s,])(?:defaults?|when|if|for)\b")
_WRITTEN = [
    re.compile(pattern)
    for pattern in (r"`\"?([^`\"]+)\"?`", r"\"([^\"]+)\"", r"'([^']+)'", r"\b([A-Z][A-Z0-9_]+)\b")
]


def replaces(text: str, *names: str, immutable: bool = False) -> bool:
    """Whether `text` says plainly that a change of the property (`names`) replaces the resource.

    A sentence that sets a condition or speaks of another property does not count; one that says
    only that the property is immutable counts where that means replacement (`immutable`).
    """
    for sentence in _SENTENCE_END.split(text):
        plain = _NOTE.sub("", _SPACE.sub(" ", sentence)).strip(" .;!*()").lower()
        plain = _IF_CHANGED.sub("", plain)
        if immutable and _IMMUTABLE.fullmatch(plain):
            return True
        for pattern in _REPLACES:
            match = pattern.fullmatch(plain)
            if match and _own(match, names):
                return True
    return False


def documented_values(text: str) -> tuple[str, ...]:
    """Values that `text` lists for a property, in its order; none when it lists fewer than two."""
    found = _VALUES.search(text)
    if found is None:
        return ()
    rest = _VALUES_END.split(text[found.end() :], maxsplit=1)[0]
    rest = re.sub(r"\([^)]*\)", "", rest)
    for pattern in _WRITTEN:
        values = tuple(dict.fromkeys(pattern.findall(rest)))
        if values:
            return values if len(values) > 1 else ()
    return ()


def _own(match: re.Match[str], names: tuple[str, ...]) -> bool:
    named = match.groupdict().get("name")
    return named is None or named in {name.lower() for name in names}
