"""Documentation: what an SDK's text about a property says that its types do not."""

import re

_SENTENCE_END = re.compile(r"(?<=[.;!])\s+|\n\s*\n|\n\s*[*-] ")
_SPACE = re.compile(r"\s+")
_NOTE = re.compile(r"^(?:[>*\s]*(?:note|warning)\b[:*\s]*)", re.IGNORECASE)
_IF_CHANGED = re.compile(r",? (?:if|when|once) (?:it is )?(?:changed|modified|mutated|updated)$")
_CONDITION = re.compile(
    r"\b(?:if|when|unless|except\w*|may|might|can|some|other|only if|disabling|enabling|"
    r"(?:in|de)creas\w+|remov\w+|interface|disk|block|argument in)\b"
)
_CHANGE = (
    r"(?:changing|modifying|updating|changes to|updates to) "
    r"(?:(?:this|it|its|the)\b(?: (?:value|field|property|parameter|argument|attribute|setting|"
    r"name|list))?|`(?P<name>[\w.]+)`)(?: after creation| at any time)?"
)
_REPLACES = (
    r"(?:(?:the )?creation of )?(?:a |the )?(?:new resource|replacement|re-?creation)"
    r"(?: of the (?:new )?resource)?"
    r"(?: (?:to be|being) created)?"
)
_WILL = r"(?:will |would )?"
_FORCES = r"(?:forces?|triggers?|causes?|requires?|creates?)"
_RECREATES = r"(?:(?:forces?|causes?) the resource to be|re-?creates? the resource|replaces? the)"
_SENTENCES = [
    re.compile(pattern)
    for pattern in (
        rf"forces? {_REPLACES}",
        rf".*\b{_CHANGE} {_WILL}{_FORCES} (?:terraform to create )?{_REPLACES}",
        rf".*\b{_CHANGE} {_WILL}{_RECREATES}(?: re-?created| replaced| resource)?",
        r".*\bimmutable and causes resource replacement",
    )
]
_IMMUTABLE = re.compile(
    r"immutable(?: once set| after creation)?|"
    r"this (?:field|property|value) (?:is immutable|cannot be changed)(?: after creation)?"
)
_VALUES = re.compile(
    r"(?:valid|possible|allowed|supported|accepted)(?: enum)? values?"
    r"(?: are| include| is|:| for [^`.]{1,40}(?: are|:))[:\s]",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"`\"?([^`\"\s]+)\"?`")
_LISTED = re.compile(r"[A-Z][A-Z0-9_]+(?:(?:, (?:or |and )?| or | and )[A-Z][A-Z0-9_]+)+")


def replaces(text: str, *names: str, immutable: bool = False) -> bool:
    """Whether `text` says plainly that a change of the property replaces the resource.

    A sentence that sets a condition or speaks of another property does not count; one that says
    only that the property is immutable counts where that means replacement (`immutable`).
    """
    if not text:
        return False
    for sentence in _SENTENCE_END.split(text):
        plain = _NOTE.sub("", _SPACE.sub(" ", sentence)).strip(" .;!*()").lower()
        plain = _IF_CHANGED.sub("", plain)
        if immutable and _IMMUTABLE.fullmatch(plain):
            return True
        if _CONDITION.search(plain):
            continue
        for pattern in _SENTENCES:
            match = pattern.fullmatch(plain)
            if match and _own(match, names):
                return True
    return False


def documented_values(text: str) -> tuple[str, ...]:
    """Values that `text` lists for a property, in its order; none when it lists fewer than two."""
    found = _VALUES.search(text) if text else None
    if found is None:
        return ()
    rest = text[found.end() : found.end() + 1500]
    if "enum" not in found.group().lower():  # there each value stands in a paragraph of its own
        rest = re.split(r"\.\s|\.$|\n\s*\n", rest, maxsplit=1)[0]
    values = _QUOTED.findall(rest)
    if not values and (listed := _LISTED.match(rest.strip())):
        values = re.findall(r"[A-Z][A-Z0-9_]+", listed.group())
    unique = tuple(dict.fromkeys(values))
    return unique if len(unique) > 1 else ()


def _own(match: re.Match[str], names: tuple[str, ...]) -> bool:
    named = match.groupdict().get("name")
    return named is None or named in {name.lower() for name in names}
