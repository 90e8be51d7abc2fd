"""Accept: which of several media types a caller wants most."""

from collections.abc import Mapping, Sequence


def preferred(headers: Mapping[bytes, bytes], offered: Sequence[str]) -> str | None:
    """The media type that the header `Accept` prefers, or nothing when it takes none of them.

    Of those that it likes alike the first counts, and without the header the first of all.
    https://www.rfc-editor.org/rfc/rfc9110#name-accept

    Args:
        headers: Of the request, names in lower case.
        offered: Media types in lower case, without parameters.
    """
    given = headers.get(b"accept", b"").decode("latin-1").lower()
    weights = dict(_weighted(item) for item in given.split(",") if item.strip()) or {"*/*": 1.0}
    best, most = None, 0.0
    for media in offered:
        ranges = (media, f"{media.partition('/')[0]}/*", "*/*")
        weight = next((weights[name] for name in ranges if name in weights), 0.0)
        if weight > most:
            best, most = media, weight
    return best


def _weighted(item: str) -> tuple[str, float]:
    media, *parameters = (part.strip() for part in item.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return media, min(1.0, float(value))
            except ValueError:
                return media, 0.0
    return media, 1.0
