"""Escape: texts that strangers wrote, made harmless in Markdown.

A fork decides on names, values and messages. They are only ever shown as code: there GitHub and
GitLab read no Markdown, no HTML, no @mention and no reference.
"""

import re
import unicodedata

from modelport.report.words import shortened

LONGEST = 300
"""Characters of a text that a report shows at most."""
_EMPTY = "(empty)"


def code(text: str, longest: int = LONGEST) -> str:
    """A text as a Markdown code span; not for tables, whose cells end at a pipe."""
    plain = shortened(one_line(text), longest).strip() or _EMPTY
    fence = "`" * (_longest_run(plain) + 1)
    gap = " " if plain[0] == "`" or plain[-1] == "`" else ""
    return f"{fence}{gap}{plain}{gap}{fence}"


def html_code(text: str, longest: int = LONGEST) -> str:
    """A text as an HTML code element, for tables and summaries: all but letters are entities."""
    plain = shortened(one_line(text), longest).strip() or _EMPTY
    return f"<code>{''.join(_entity(letter) for letter in plain)}</code>"


def sentence(text: str) -> str:
    """A sentence of ours; what stands in backticks in it is the program's, and shown as code."""
    parts = one_line(text).split("`")
    return "".join(
        code(part) if index % 2 else re.sub(r"[^\w ,.;:()'/→…?+-]|_", _sign, part)
        for index, part in enumerate(parts)
    )


def block(text: str, longest: int = 2000) -> str:
    """A text of several lines as a fenced block."""
    lines = [one_line(line).rstrip() for line in text.splitlines()]
    plain = shortened("\n".join(lines), longest).strip("\n") or _EMPTY
    fence = "`" * max(3, _longest_run(plain) + 1)
    return f"{fence}text\n{plain}\n{fence}"


def diagram_label(text: str, longest: int = 40) -> str:
    """A text as a label of a Mermaid diagram: letters, digits and a few signs; `_` for the rest."""
    plain = shortened(one_line(text), longest)
    kept = "".join(letter if letter.isalnum() or letter in " -_.:…" else "_" for letter in plain)
    return kept.strip() or "_"


def one_line(text: str) -> str:
    """A text without line breaks and letters that cannot be seen.

    Those that turn the direction of writing could make a line look like another one.
    """
    return "".join(_visible(letter) for letter in text)


def _visible(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind in {"Zs", "Zl", "Zp"} or letter in "\t\n\r":
        return " "
    return "�" if kind in {"Cc", "Cf", "Cs", "Co", "Cn"} else letter


def _entity(letter: str) -> str:
    return letter if letter.isalnum() or letter == " " else f"&#{ord(letter)};"


def _sign(found: re.Match[str]) -> str:
    return "(at)" if found.group() == "@" else f"&#{ord(found.group())};"


def _longest_run(text: str) -> int:
    longest = run = 0
    for letter in text:
        run = run + 1 if letter == "`" else 0
        longest = max(longest, run)
    return longest
