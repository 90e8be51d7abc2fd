"""Words: values and resource types as a reader sees them."""

import json
import re
from typing import cast

from modelport.report.values import SECRET, UNKNOWN, Json, is_mark, mark

LONGEST = 80
"""Characters of a value that are shown in a line."""
KNOWN_LATER = "known after the update"
HIDDEN = "[secret]"


def shown(value: Json, longest: int = LONGEST) -> str:
    """A recorded value on one line; secrets and unknown values in words."""
    if is_mark(value, SECRET):
        return HIDDEN
    if is_mark(value, UNKNOWN):
        return KNOWN_LATER
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.15g}"
    text = value if isinstance(value, str) else json.dumps(readable(value), ensure_ascii=False)
    return shortened(text, longest) if text else "an empty text"


def readable(value: Json) -> Json:
    """A recorded value as plain data, with marks in words."""
    if is_mark(value, SECRET) or is_mark(value, UNKNOWN):
        return HIDDEN if value == mark(SECRET) else KNOWN_LATER
    if isinstance(value, dict):
        return {key: readable(item) for key, item in cast("dict[str, Json]", value).items()}
    if isinstance(value, list):
        return [readable(item) for item in cast("list[Json]", value)]
    return value


def shown_pair(old: Json, new: Json, longest: int = LONGEST) -> tuple[str, str]:
    """Two values, shortened so that where they begin to differ stays visible."""
    before, after = shown(old, 10**6), shown(new, 10**6)
    if len(before) <= longest and len(after) <= longest:
        return before, after
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    start = max(0, same - 20)
    lead = "…" if start else ""
    return (
        lead + shortened(before[start:], longest),
        lead + shortened(after[start:], longest),
    )


def quote(text: str) -> str:
    """A value of the program's inside a sentence of ours: what stands in backticks is not ours."""
    plain = shortened(text.replace("`", "'")) or "an empty text"
    return f"`{plain}`"


def shortened(text: str, longest: int = LONGEST) -> str:
    """The beginning of a text, with `…` where something is left out."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def type_words(token: str) -> str:
    """A type token as words, e.g. `S3 bucket` for `aws:s3/bucket:Bucket`."""
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    words = " ".join(_cased(word) for word in _letters(words).split())
    service = _letters(module.partition("/")[0])
    service = service.upper() if service in _ABBREVIATIONS else service.lower()
    if package == "kubernetes":
        return f"Kubernetes {words}"
    if package == "modelport":
        where = {"local": "local ", "docker": "Docker "}.get(service, "")
        return f"{where}{words}"
    if package == "pulumi":
        return (
            f"provider {_letters(name)}" if module.startswith("providers") or not module else words
        )
    cloud = _CLOUDS.get(package, _letters(package))
    if words.lower().startswith(service.lower()):
        return f"{cloud} {words}"  # not "storage storage account"
    return f"{cloud} {service} {words}"


def base_type(token: str) -> str:
    """A type token without the version of its interface, which Azure puts into it.

    `azure-native:storage/v20230101:BlobContainer` is `azure-native:storage:BlobContainer`.
    """
    return re.sub(r"^(azure-native:[^/:]+)/v[0-9a-z]+:", r"\1:", token)


def _cased(word: str) -> str:
    return word.upper() if word.isupper() or word.lower() in _ABBREVIATIONS else word.lower()


def _letters(text: str) -> str:
    """Only letters, digits and blanks: a type's name is chosen by the program, too."""
    return re.sub(r"[^A-Za-z0-9]+", " ", text).strip()


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 thing`, `2 things`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


_ABBREVIATIONS = {
    "acl", "api", "db", "dns", "ebs", "ec2", "ecr", "ecs", "efs", "eks", "fsx", "iam", "id", "ip",
    "kms", "lb", "rds", "s3", "sns", "sql", "sqs", "ssm", "url", "vm", "vpc",
}  # fmt: skip
_CLOUDS = {"aws": "AWS", "gcp": "Google Cloud", "azure-native": "Azure"}
