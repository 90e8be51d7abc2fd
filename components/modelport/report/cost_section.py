"""Cost section: the report's part about money, in Markdown and for a terminal."""

from collections.abc import Iterator, Sequence

from modelport.report.cost import Cost, Price, Unpriced
from modelport.report.escape import code, html_code, sentence
from modelport.report.facts import money
from modelport.report.limits import Limits, left_out
from modelport.report.words import counted

_LATER = "known after the update"


def headline(cost: Cost) -> str:
    """The difference in one line, e.g. `+312.00 USD a month, of which 290.00 idle`."""
    said = f"{signed(cost.difference)} a month"
    idle = cost.idle_difference
    if idle is not None and cost.difference:
        same = idle == 0 or (idle > 0) == (cost.difference > 0)
        said += f", of which {money(abs(idle)) if same else signed(idle)} idle"
    if cost.unknown:
        said += f"; {counted(len(cost.unknown), 'price')} more {_LATER}"
    return said


def cost_lines(report_cost: Cost, limits: Limits) -> Iterator[str]:
    """Price before and after, by component and resource."""
    yield "### Cost\n"
    found = report_cost
    if found.prices:
        yield f"**{headline(found)}.** In a month of 730 hours it will be {_total(found)}.\n"
        yield from _table(found, limits)
    else:
        yield "Nothing here has a price a month.\n"
    yield from _besides(found, limits)
    if found.prices_as_of:
        dated = found.prices_as_of
        old = "none of them has a date" if dated == "undated" else f"the oldest is of {dated}"
        yield (
            f"<sub>List prices in USD without discounts, free grants and taxes; {old}. Idle: what "
            "it costs when nobody calls. At most: every instance that there may be, busy.</sub>\n"
        )


def signed(value: float) -> str:
    """An amount with its sign."""
    return f"{'+' if value > 0 else '-' if value < 0 else '±'}{money(abs(value))}"


def _total(cost: Cost) -> str:
    said = money(cost.after)
    if cost.idle_after is not None:
        said += f", {money(cost.idle_after)} of it idle"
    most = [price.most_after for price in cost.prices if price.after is not None]
    if most and None not in most:
        said += f", at most {money(sum(value or 0 for value in most))}"
    return said


def _table(cost: Cost, limits: Limits) -> Iterator[str]:
    yield "| | before | after | difference | idle | at most |"
    yield "|---|---:|---:|---:|---:|---:|"
    for price in cost.prices[: limits.lines]:
        after = _amount(price.after) if price.known else _LATER
        difference = (price.after or 0) - (price.before or 0)
        what = f" ({sentence(price.what)})" if price.what else ""
        yield (
            f"| {html_code(price.name)}{what} | {_amount(price.before)} | {after} "
            f"| {signed(difference) if price.known else '?'} "
            f"| {_amount(price.idle_after)} | {_amount(price.most_after)} |"
        )
    yield (
        f"| **all, a month** | {money(cost.before)} | {money(cost.after)} "
        f"| **{signed(cost.difference)}** | {_amount(cost.idle_after)} | |\n"
    )
    yield from left_out(len(cost.prices), limits.lines, "price")
    for price in cost.prices[: limits.lines]:
        yield from _footnotes(price)


def _footnotes(price: Price) -> Iterator[str]:
    """What a price in the table does not hold, and what stands for a price that is not known.

    Names of sizes and regions are the program's, so they are shown as code.
    """
    if not price.changed:
        return
    said = [f"at the configured rate {_range(price)}"] if _range(price) else []
    if price.after and price.idle_after is None:
        said.append("it does not say what it costs when nobody calls")
    if price.unpriced:
        said.append(f"without a price: {_codes(price.unpriced)}")
    if price.by_use:
        said.append(f"by use, not in the sum: {sentence('; '.join(price.by_use))}")
    if price.notes:
        said.append(_codes(price.notes))
    if said:
        yield f"- {code(price.name)}: {'; '.join(said)}"


def _codes(texts: Sequence[str]) -> str:
    return ", ".join(code(text) for text in texts)


def _range(price: Price) -> str:
    if price.low_after is None or price.high_after is None:
        return ""
    return f"{money(price.low_after)} to {money(price.high_after)}"


def _besides(cost: Cost, limits: Limits) -> Iterator[str]:
    if cost.without_price:
        changed = f", {cost.unpriced_changed} of them changed here" if cost.unpriced_changed else ""
        verb = "is" if cost.unpriced == 1 else "are"
        yield f"\n{counted(cost.unpriced, 'resource')} {verb} unpriced{changed}:\n"
        yield from _listed(cost.without_price, limits)
    if cost.by_use:
        number = counted(len(cost.by_use), "resource")
        verb = "costs" if len(cost.by_use) == 1 else "cost"
        yield f"\n<details><summary>{number} {verb} by use, in no sum</summary>\n"
        yield from _listed(cost.by_use, limits)
        yield "\n</details>\n"
    yield ""


def _listed(found: Sequence[Unpriced], limits: Limits) -> Iterator[str]:
    for one in found[: limits.lines]:
        yield f"- {code(one.name)} ({sentence(one.what)}): {_codes(one.why)}"
    yield from left_out(len(found), limits.lines, "resource")


def _amount(value: float | None) -> str:
    return "-" if value is None else money(value)
