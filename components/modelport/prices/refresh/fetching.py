"""Fetching: price files over HTTP, and what a reader makes of them."""

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlsplit

import httpx

from modelport.errors import ServiceError
from modelport.prices.overlay import Fetched, Kind

Json = dict[str, Any]
_TIMEOUT = httpx.Timeout(60, connect=15)
_MOST_PAGES = 2000
_LOCAL = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where one vendor publishes its prices."""

    base: str
    """Address without a path."""
    key: str = ""
    """Key of the user's, sent in a header; empty where none is needed."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.base)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
        if not secure or not parts.hostname:
            raise ServiceError(f"{self.base}: should be an address that begins with https://")


@dataclass(slots=True)
class Found:
    """Prices that were read, and names with two of them."""

    provider: str
    prices: dict[tuple[str, ...], Fetched] = field(default_factory=dict[tuple[str, ...], Fetched])
    doubtful: set[tuple[str, ...]] = field(default_factory=set[tuple[str, ...]])

    def add(
        self, kind: Kind, service: str, name: str, region: str, usd: float, as_of: str, source: str
    ) -> None:
        """Take a price; another one for the same thing makes both doubtful."""
        price = Fetched(kind, self.provider, service, name, region, round(usd, 12), as_of, source)
        there = self.prices.setdefault(price.key, price)
        if there.usd != price.usd:
            self.doubtful.add(price.key)

    @property
    def sure(self) -> list[Fetched]:
        """The prices that are not doubtful."""
        return [price for key, price in self.prices.items() if key not in self.doubtful]


def today() -> str:
    """The present day, for prices whose file bears no date."""
    return datetime.now(UTC).date().isoformat()


@contextmanager
def lines_of(source: Source, path: str) -> Generator[Iterator[str]]:
    """The lines of a file that may be too large for memory.

    Raises:
        ServiceError: it cannot be had.
    """
    url = source.base.rstrip("/") + path
    try:
        with httpx.stream("GET", url, timeout=_TIMEOUT, follow_redirects=False) as answer:
            _expect(answer, url)
            yield answer.iter_lines()
    except httpx.HTTPError as error:
        raise _failed(url, error) from None


def pages_of(
    source: Source,
    path: str,
    parameters: Mapping[str, str],
    next_page: Callable[[Json], str | Mapping[str, str] | None],
) -> Iterator[Json]:
    """All pages of an answer in JSON.

    Args:
        source: The vendor.
        path: Path of the first page.
        parameters: Query of every page.
        next_page: Of a page: the address of the next, parameters to add, or none at the end.

    Raises:
        ServiceError: a page cannot be had, is no JSON, or leads to another host.
    """
    url = source.base.rstrip("/") + path
    query: Mapping[str, str] | None = parameters
    headers = {"X-Goog-Api-Key": source.key} if source.key else {}
    with httpx.Client(timeout=_TIMEOUT, follow_redirects=False, headers=headers) as client:
        for _ in range(_MOST_PAGES):
            try:
                answer = client.get(url, params=query)
                _expect(answer, url)
                page = answer.json()
            except httpx.HTTPError as error:
                raise _failed(url, error) from None
            except json.JSONDecodeError:
                raise ServiceError(f"{url}: answered something that is no JSON") from None
            if not isinstance(page, dict):
                raise ServiceError(f"{url}: answered something that is no price list")
            yield cast("Json", page)
            following = next_page(cast("Json", page))
            if not following:
                return
            if isinstance(following, str):
                url, query = _same_host(source, following), None
            else:
                query = {**parameters, **following}
    raise ServiceError(f"{url}: has more than {_MOST_PAGES} pages")


def _same_host(source: Source, url: str) -> str:
    if urlsplit(url).hostname != urlsplit(source.base).hostname:
        raise ServiceError(f"{source.base}: leads to another host, {url}")
    return url


def _expect(answer: httpx.Response, url: str) -> None:
    if answer.status_code != 200:
        hint = "; is the key valid?" if answer.status_code in {400, 401, 403} else ""
        raise ServiceError(f"{url}: answered {answer.status_code}{hint}")


def _failed(url: str, error: httpx.HTTPError) -> ServiceError:
    return ServiceError(f"{url}: {type(error).__name__}: {error}")
