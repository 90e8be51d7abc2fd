"""Facts: what components say about themselves, in words.

A component's props are the facts of its plan (`modelport.component`); a fact that is not in the
table below is shown under its own name.
"""

from modelport.report.recording import Step
from modelport.report.values import SECRET, UNKNOWN, Json, entries, is_mark
from modelport.report.words import KNOWN_LATER, quote, shown

_LABELS = {
    "auth": "callers prove who they are by",
    "baseline": "score of the baseline",
    "bundle": "model",
    "data_sha256": "training data",
    "digest": "digest",
    "endpoint": "address",
    "environment": "environment",
    "evaluation": "evaluation",
    "host": "listens on",
    "instances": "machines",
    "memory_bytes": "memory in bytes",
    "metric": "judged by",
    "monthly_usd": "price in USD a month",
    "owner": "owner",
    "pinned": "version named by its digest",
    "port": "port",
    "rollout": "new versions take over by",
    "score": "score",
    "target": "runs on",
    "url": "address",
    "version": "model version",
    "workers": "serving processes",
}
_ORDER = ("version", "score", "baseline", "monthly_usd", "url", "endpoint", "host", "port")
"""Facts that a reader looks for first."""
_DIGESTS = {"version", "digest", "data_sha256"}
_ON_CREATION = ("target", "bundle", "version", "metric", "score", "monthly_usd", "owner")


def has_facts(step: Step) -> bool:
    """Whether a component says what it costs, as every one of ours does."""
    return not step.custom and any("monthly_usd" in entries(side) for side in (step.old, step.new))


def fact_words(step: Step) -> tuple[str, ...]:
    """A component's facts that change, e.g. `model version 3f2a10bc… → 9bc1ff20…`."""
    if not has_facts(step):
        return ()
    old, new = entries(step.old), entries(step.new)
    if step.op == "update":
        changed = [key for key in {*old, *new} if old.get(key) != new.get(key)]
        return tuple(
            f"{label(key)} {quote(_value(key, old.get(key)))} → {quote(_value(key, new.get(key)))}"
            for key in sorted(changed, key=_place)
        )
    facts = new if step.op in {"create", "import"} else old
    return tuple(
        f"{label(key)} {quote(_value(key, facts[key]))}" for key in _ON_CREATION if key in facts
    )


def label(key: str) -> str:
    """A fact's name in words."""
    return _LABELS.get(key) or quote(key)


def short_version(value: Json) -> str:
    """The first digits of a digest."""
    text = shown(value)
    if is_mark(value, SECRET) or is_mark(value, UNKNOWN) or len(text) <= 8:
        return text
    return f"{text[:8]}…"


def money(value: float) -> str:
    """An amount, e.g. `1,027.84 USD`."""
    return f"{value:,.2f} USD"


def _value(key: str, value: Json) -> str:
    if key in _DIGESTS:
        return short_version(value)
    return KNOWN_LATER if is_mark(value, UNKNOWN) else shown(value)


def _place(key: str) -> tuple[int, str]:
    return (_ORDER.index(key) if key in _ORDER else len(_ORDER), key)
