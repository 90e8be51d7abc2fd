"""Texts of strangers stay texts, whatever is in them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from modelport.report import make_report, render_markdown
from modelport.report.escape import block, code, diagram_label, html_code, sentence
from modelport.report.recording import Change, Diagnostic, Finding, Header, Output
from modelport.report.words import quote
from report import made

HTML = MarkdownIt("commonmark", {"html": True}).enable("table")
NASTY = [
    "`", "``` x", "` @me `", "|", "\\|", "\n", "\r\n# big", "<script>alert(1)</script>", "@someone",
    "[click](https://evil.example)", "![x](https://evil.example/x.png)", "https://evil.example",
    "<!-- -->", "</details>", "-->", "&lt;b&gt;", "*x*", "_x_", "~~~", "#1", "\u202e", "\u200b", "",
    "```\n```mermaid", "$x$", "javascript:alert(1)", "end", '"]', "%%{init: {}}%%",
]  # fmt: skip
texts = st.text(max_size=30) | st.lists(
    st.sampled_from(NASTY) | st.text(max_size=4), max_size=5
).map("".join)


def flat(tokens: list[Token]) -> list[Token]:
    return [inner for token in tokens for inner in (token, *flat(token.children or []))]


def allowed(tokens: list[Token]) -> None:
    """Nothing but our own markup; and no @ or address outside of code."""
    for token in flat(tokens):
        assert token.type not in {"link_open", "image", "heading_open", "table_open", "hr"}, token
        if token.type in {"html_inline", "html_block"}:
            assert token.content in {"<code>", "</code>"}, token
        if token.type == "text" and token.level == 0:
            assert "@" not in token.content


@given(texts)
def test_a_code_span_is_one_code_span(text: str) -> None:
    tokens = flat(HTML.parse(f"- a {code(text)} b"))
    allowed(tokens)
    assert sum(token.type == "code_inline" for token in tokens) == 1


@given(texts)
def test_a_table_cell_is_one_cell(text: str) -> None:
    tokens = flat(HTML.parse(f"| a | b |\n|---|---|\n| {html_code(text)} | x |"))
    assert [token.type for token in tokens].count("td_open") == 2
    inside = html_code(text).removeprefix("<code>").removesuffix("</code>")
    assert re.fullmatch(r"(?:[^\W_]|[ ]|&#\d+;)*", inside)


@given(texts)
def test_a_fenced_block_is_one_block(text: str) -> None:
    tokens = flat(HTML.parse(f"{block(text)}\n\nafter"))
    assert [token.type for token in tokens].count("fence") == 1
    assert tokens[-2].content == "after"


@given(texts)
def test_a_value_in_a_sentence_is_code(text: str) -> None:
    tokens = flat(HTML.parse(sentence(f"it moves to {quote(text)}, which (surely) costs 3 USD")))
    allowed(tokens)
    assert sum(token.type == "code_inline" for token in tokens) == 1


@given(texts)
def test_a_sentence_that_forgot_to_quote_is_still_harmless(text: str) -> None:
    allowed(HTML.parse(sentence(f"it says {text}")))


@given(texts)
def test_a_label_of_the_diagram_cannot_leave_it(text: str) -> None:
    assert re.fullmatch(r"[\w .:…-]+", diagram_label(text))


def marked(report: str) -> list[str]:
    """Everything that is markup, in order."""
    kept: list[str] = []
    for token in flat(HTML.parse(report)):
        if token.type in {"html_inline", "html_block"}:
            kept.append(re.sub(r"\d+ ", "", token.content))
        elif token.type not in {"text", "code_inline", "inline", "softbreak", "fence"}:
            kept.append(token.type)
    return kept


@given(texts)
def test_a_whole_report_has_the_same_markup_whatever_the_program_says(text: str) -> None:
    assert marked(_report(text)) == marked(_report("x"))


@pytest.mark.parametrize("text", NASTY)
def test_nothing_of_a_stranger_stands_outside_of_code(text: str) -> None:
    for token in flat(HTML.parse(_report(text))):
        if token.type in {"html_inline", "html_block"}:
            assert re.sub(r"</?(code|details|summary|sub)>", "", token.content).count("<") <= 1
        assert token.type not in {"link_open", "image"}


def _report(text: str) -> str:
    change = Change(path=text, kind="update", old=f"a{text}", new=f"b{text}", replaces=True)
    facts = {"monthly_usd": 1, "version": f"a{text}", "metric": f"m{text}", "score": 1, text: 1}
    grown = {"monthly_usd": 99, "version": f"b{text}", "metric": f"m{text}", "score": 2, text: 2}
    wide = {"Effect": "Allow", "Action": [f"{text}:*"], "Resource": "*"}
    kind = f"my:index:{text.replace(':', '')}"  # the engine takes no more than three parts
    steps = (
        made.step("aws:s3/bucket:Bucket", f"b{text}", "replace", changes=(change,), old={}, new={}),
        made.step(kind, f"c{text}", "update", changes=(change,) * 5, custom=False),
        made.step("my:index:Own", f"d{text}", "update", custom=False, old=facts, new=grown),
        made.step("aws:iam/policy:Policy", f"e{text}", new={"policy": {"Statement": [wide]}}),
        made.step("gcp:projects:IAMMember", f"f{text}", new={"role": f"{text}admin"}),
    )
    line = " ".join(text.split())  # each line of a policy's message is a point of its own
    finding = Finding(
        pack=text, policy=text, level=f"l{text}", severity=f"s{text}", message=f"m{line}"
    )
    recording = made.recording(
        *steps,
        findings=(finding,),
        diagnostics=(
            Diagnostic(severity="error", text=f"e{text}"),
            Diagnostic(severity="warning", text=f"w{text}"),
        ),
        outputs=(Output(name=text, kind="update", old=f"a{text}", new=f"b{text}"),),
    )
    header = Header(project=text, stack=text, environment=f"e{text}", base=text, head=text)
    report = render_markdown(
        make_report(recording.model_copy(update={"header": header, "packs": (text,)}))
    )
    return report.partition("\n")[2]
