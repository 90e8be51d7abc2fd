"""IAM documents: the JSON policies of AWS, read as far as risks need it.

Grammar: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from collections.abc import Iterator, Mapping
from typing import cast

from modelport.report.values import Json, entries, items, texts
from modelport.report.words import quote


def allowed_statements(document: Json) -> Iterator[Mapping[str, Json]]:
    """The statements of a document, as text or as data, that allow something."""
    if isinstance(document, str):
        try:
            document = cast("Json", json.loads(document))
        except ValueError:
            return
    found = entries(document).get("Statement")
    for statement in (found,) if isinstance(found, dict) else items(found):
        if entries(statement).get("Effect") == "Allow":
            yield entries(statement)


def is_everyone(statement: Mapping[str, Json]) -> bool:
    """Whether the statement's principal is everyone."""
    principal = statement.get("Principal")
    if principal == "*":
        return True
    return "*" in texts(entries(principal).get("AWS"))


def too_wide(statement: Mapping[str, Json]) -> str | None:
    """What makes a statement wide, in words; none when it is narrow."""
    actions, resources = texts(statement.get("Action")), texts(statement.get("Resource"))
    everywhere = "*" in resources
    if "*" in actions or "*:*" in actions:
        return "allows every action" + (" on everything" if everywhere else "")
    whole = sorted(action for action in actions if action.endswith(":*"))
    if whole:
        return f"allows all of {_listed(whole)}" + (" on everything" if everywhere else "")
    if "NotAction" in statement or "NotResource" in statement:
        return "allows everything but what it names"
    passes = {"iam:PassRole", "sts:AssumeRole"} & actions
    if passes and everywhere:
        return f"allows {_listed(sorted(passes))} for every role"
    return None


def _listed(actions: list[str]) -> str:
    return ", ".join(quote(action) for action in actions)
