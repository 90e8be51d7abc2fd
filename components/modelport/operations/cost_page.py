"""Cost page: a comparison as one SVG or HTML file that needs nothing else."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from modelport.errors import ConfigError
from modelport.operations.cost import Comparison, Offer

_FORMS = (".svg", ".html")
_LEFT, _BAR, _ROW, _TOP = 260, 420, 26, 64
"""Pixels: names, the longest bar, one line, the head."""
_IDLE, _REST = "#1864ab", "#74c0fc"
_STYLE = "font-family:system-ui,sans-serif;font-size:13px;fill:currentColor"  # dark pages as well


def write_page(comparison: Comparison, path: Path) -> None:
    """Write a comparison as a picture (`.svg`), or as a page with its table (`.html`).

    Raises:
        ConfigError: the file has another ending, or cannot be written.
    """
    if path.suffix not in _FORMS:
        raise ConfigError([f"--out {path}: should end in {' or '.join(_FORMS)}"])
    text = svg(comparison) if path.suffix == ".svg" else html(comparison)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"--out {path}: {error.strerror}"]) from None


def svg(comparison: Comparison) -> str:
    """The chart: a bar for each kind, what is idle darker than the rest."""
    offers = comparison.offers
    most = max((offer.monthly_usd for offer in offers), default=0) or 1
    height = _TOP + _ROW * len(offers) + 30
    width = _LEFT + _BAR + 110
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" style="{_STYLE}">',
        f"<title>{escape(_title(comparison))}</title>",
        f'<text x="8" y="20" font-weight="bold">{escape(_title(comparison))}</text>',
        f'<rect x="8" y="32" width="12" height="12" fill="{_IDLE}"/>',
        '<text x="26" y="43">when nobody calls</text>',
        f'<rect x="170" y="32" width="12" height="12" fill="{_REST}"/>',
        '<text x="188" y="43">added by the workload; USD a month</text>',
    ]
    for index, offer in enumerate(offers):
        lines += _bar(offer, _TOP + _ROW * index, most)
    foot = f"List prices; the oldest is of {oldest_of(comparison)}."
    lines += [f'<text x="8" y="{height - 10}" font-size="11">{escape(foot)}</text>', "</svg>"]
    return "\n".join(lines) + "\n"


def html(comparison: Comparison) -> str:
    """The chart with its table and what cannot serve the workload."""
    head = ("target", "instance", "replicas", *COLUMNS, "prices of", "without a price")
    rows = [
        (offer.target, offer.size, offer.replicas, *amounts(offer), *_sources(offer))
        for offer in comparison.offers
    ]
    table = "\n".join(_row("th", head) if row is head else _row("td", row) for row in (head, *rows))
    refused = "\n".join(
        f"<li><b>{escape(one.target)}</b>: {escape('; '.join(one.reasons))}</li>"
        for one in comparison.refused
    )
    said = "".join(f"<p>{escape(text)}</p>" for text in remarks(comparison))
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">\n'
        f"<title>{escape(_title(comparison))}</title>\n"
        "<style>:root{color-scheme:light dark}body{font:14px system-ui,sans-serif;margin:2em}"
        "td,th{padding:.2em .8em;text-align:left}td:nth-child(n+4):nth-child(-n+8)"
        "{text-align:right}</style>\n"
        f"{svg(comparison)}<table>\n{table}\n</table>\n{said}\n"
        + (f"<p>Cannot serve it:</p>\n<ul>\n{refused}\n</ul>\n" if refused else "")
        + "</html>\n"
    )


COLUMNS = ("a month", "idle", "low to high", "at most", "per 1,000")
"""Amounts of an offer in USD."""


def amounts(offer: Offer) -> tuple[str, ...]:
    """The amounts of an offer, by `COLUMNS`."""
    low, high = offer.low_usd, offer.high_usd
    return (
        f"{offer.monthly_usd:,.2f}",
        f"{offer.idle_usd:,.2f}",
        "-" if low is None or high is None else f"{low:,.2f} to {high:,.2f}",
        f"{offer.worst_case_usd:,.2f}",
        f"{offer.per_1000_usd:.4f}",
    )


def remarks(comparison: Comparison) -> list[str]:
    """What a reader of the sums should know."""
    found = [f"List prices in USD, 730 hours a month; the oldest is of {oldest_of(comparison)}."]
    if not comparison.counts_requests:
        found.append(
            "No requests are counted: give --rate or --requests, or workload in the deployment."
        )
    elif "p99" not in comparison.workload:
        found.append("A prediction is taken to last 100 ms: give --duration when it does not.")
    if comparison.uncounted:
        named = ", ".join(comparison.uncounted)
        found.append(f"Not compared, for they run on machines of your own: {named}.")
    return found


def oldest_of(comparison: Comparison) -> str:
    """Date of the oldest price in a comparison."""
    dates = [offer.prices_as_of.partition(",")[0] for offer in comparison.offers]
    return min((date for date in dates if date[:1].isdigit()), default="no known date")


def _title(comparison: Comparison) -> str:
    workload = ", ".join(f"{name} {value}" for name, value in comparison.workload.items())
    return f"{comparison.bundle}, {workload or 'nothing known of its requests'}"


def _bar(offer: Offer, top: int, most: float) -> Iterator[str]:
    idle = min(offer.idle_usd, offer.monthly_usd)
    dark, full = (round(_BAR * usd / most, 1) for usd in (idle, offer.monthly_usd))
    yield f'<text x="8" y="{top + 15}">{escape(offer.target)}</text>'
    yield f'<rect x="{_LEFT}" y="{top + 2}" width="{full}" height="18" fill="{_REST}"/>'
    yield f'<rect x="{_LEFT}" y="{top + 2}" width="{dark}" height="18" fill="{_IDLE}"/>'
    yield f'<text x="{_LEFT + full + 6}" y="{top + 15}">{offer.monthly_usd:,.2f}</text>'


def _sources(offer: Offer) -> tuple[str, str]:
    return offer.prices_as_of, offer.unpriced


def _row(cell: str, texts: tuple[str, ...]) -> str:
    return "<tr>" + "".join(f"<{cell}>{escape(text)}</{cell}>" for text in texts) + "</tr>"
