"""Catalogue of an SDK: its functions, and older names of its resource types."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from modelport.sdk import packages

_INVOKE = re.compile(r"pulumi\.runtime\.invoke(?:_single)?\('([^']+)'")
_FUNCTION = re.compile(r"^def (\w+)\(", re.MULTILINE)
_TOKEN = re.compile(r'^@pulumi\.type_token\("([^"]+)"\)', re.MULTILINE)
_ALIAS = re.compile(r'pulumi\.Alias\(type_="([^"]+)"\)')
_TYPES_ONLY = frozenset({"_inputs.py", "_enums.py", "outputs.py", "_utilities.py", "_tables.py"})


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What only a look into all files of an SDK tells."""

    functions: Mapping[str, str] = field(default_factory=dict[str, str])
    """Function token to module and name, e.g. `pulumi_aws.ec2.get_ami:get_ami`."""
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    """Older type token to today's."""


def read_catalogue(package: str) -> Catalogue:
    """Look through all files of an SDK; takes seconds.

    Raises:
        SdkMissingError: the SDK is not installed.
    """
    folder = packages.folder(package)
    functions: dict[str, str] = {}
    claimed: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        if path.name in _TYPES_ONLY:
            continue
        content = path.read_text(encoding="utf-8")
        for match in _INVOKE.finditer(content):
            module = ".".join(path.relative_to(folder.parent).with_suffix("").parts)
            name = _FUNCTION.findall(content, 0, match.start())[-1]
            functions[match.group(1)] = f"{module}:{name}"
        token = _TOKEN.search(content)
        if token is not None:
            for alias in _ALIAS.findall(content):
                claimed.setdefault(alias, []).append(token.group(1))
    listed = packages.tokens(package)
    return Catalogue(
        functions,
        {
            alias: _most_alike(alias, found)
            for alias, found in claimed.items()
            if alias not in listed
        },
    )


def _most_alike(alias: str, tokens: list[str]) -> str:
    """Of the types that claim an older name, the one of the same kind and most alike."""
    if len(tokens) == 1:
        return tokens[0]
    kind = alias.rpartition(":")[2]
    return max(
        tokens,
        key=lambda token: (
            token.rpartition(":")[2] == kind,
            SequenceMatcher(None, alias, token).ratio(),
        ),
    )
