"""Rate limit: how often one caller may ask, and what it costs the others."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport_serving import rate_limit
from modelport_serving.app import build_app
from modelport_serving.errors import StartError
from modelport_serving.predictor import Predictor
from modelport_serving.rate_limit import Limiter, RateLimit, neighbourhood
from modelport_serving.record import Golden
from modelport_serving.runtime import Runtime
from modelport_serving.settings import ApiKey, Auth, Open, Settings, read_settings
from serving.grpc_calls import CODE, HEALTH, call, in_process, infer, made_runtime, raw, refused
from serving.tiny import Stub, record, signature
from serving.workers import AUTH

ROWS = {"instances": [[1, 2, 3]]}
SLOW = RateLimit(requests_per_second=0.01, burst=2)
"""Nothing flows in while a test runs."""
Ask = Callable[..., Coroutine[Any, Any, httpx.Response]]


def served(
    check: Callable[[Ask], Coroutine[Any, Any, None]], auth: Auth | None = None, **more: Any
) -> None:
    made = record(signature(task="regression"))
    runtime = Runtime(made, Golden(instances=(), predictions=()))
    settings = Settings(auth=auth or Open(), rate_limit=SLOW, access_log=False)
    runtime.start(settings, Predictor(Stub(lambda rows: [0.5] * len(rows)), made))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    for name, value in more.items():
        setattr(runtime, name, value)
    app = build_app(runtime)

    async def ask(path: str = "/predict", client: str = "10.0.0.1", **sent: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test:81") as made:
            body = {"json": ROWS} if path == "/predict" else {}
            return await made.request("POST" if body else "GET", path, **body, **sent)

    asyncio.run(check(ask))


def test_a_caller_that_asks_too_often_is_told_when_to_come_again() -> None:
    async def check(ask: Ask) -> None:
        for left in (1, 0):
            response = await ask()
            assert response.status_code == 200
            assert response.headers["ratelimit-limit"] == "2"
            assert response.headers["ratelimit-remaining"] == str(left)
        refused = await ask()
        assert refused.status_code == 429
        told = refused.json()
        assert told["type"] == "urn:modelport:problem:rate-limited"
        assert refused.headers["content-type"] == "application/problem+json"
        assert 90 <= int(refused.headers["retry-after"]) <= 100
        assert int(refused.headers["ratelimit-reset"]) >= int(refused.headers["retry-after"])
        assert refused.headers["ratelimit-remaining"] == "0"
        # Neither another caller nor who looks after the service is held up.
        assert (await ask(client="10.0.0.2")).status_code == 200
        for _ in range(5):
            for path in ("/livez", "/readyz", "/metrics"):
                answer = await ask(path)
                assert answer.status_code == 200
                assert "ratelimit-limit" not in answer.headers
        text = (await ask("/metrics")).text
        assert "modelport_rate_limited_total 1.0" in text
        assert 'modelport_requests_total{route="/predict",status="429"} 1.0' in text

    served(check)


def test_a_key_is_one_caller_from_wherever() -> None:
    digest = __import__("hashlib").sha256(b"a key for tests").hexdigest()

    async def check(ask: Ask) -> None:
        for number in range(5):  # who has no key empties nobody's bucket
            assert (await ask(client=f"10.0.1.{number}")).status_code == 401
        found = [await ask(client=f"10.0.0.{number}", headers=AUTH) for number in range(4)]
        assert [answer.status_code for answer in found] == [200, 200, 429, 429]

    served(check, ApiKey(sha256=digest))


def test_unknown_paths_count_too() -> None:
    async def check(ask: Ask) -> None:
        found = [(await ask(path)).status_code for path in ("/a", "/model", "/predict")]
        assert found == [404, 200, 429]

    served(check)


def test_what_a_sibling_passes_on_was_counted_there() -> None:
    async def check(ask: Ask) -> None:
        assert [(await ask()).status_code for _ in range(5)] == [200] * 5

    served(check, private=("test", 81))


def test_without_a_limit_nothing_is_said_of_one() -> None:
    made = record(signature(task="regression"))
    runtime = Runtime(made, Golden(instances=(), predictions=()))
    runtime.start(Settings(auth=Open()), Predictor(Stub([0.5]), made))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(build_app(runtime))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post("/predict", json=ROWS)

    assert not [name for name in asyncio.run(ask()).headers if name.startswith("ratelimit")]


@given(
    st.floats(0.1, 1000),
    st.integers(1, 50),
    st.lists(st.floats(0, 5), max_size=60),
)
def test_no_bucket_gives_more_than_it_holds(rate: float, burst: int, pauses: list[float]) -> None:
    clock = 1000.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rate_limit.time, "monotonic", lambda: clock)
        limiter = Limiter(RateLimit(requests_per_second=rate, burst=burst))
        taken = 0
        for pause in pauses:
            clock += pause
            wait, _ = limiter.take("a")
            if wait:
                # Exactly then there is one again: neither earlier nor never.
                assert wait <= 1 / rate + 1e-9
            else:
                taken += 1
        assert taken <= burst + rate * (clock - 1000.0) + 1e-6


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "MOST_CALLERS", 3)
    limiter = Limiter(RateLimit(requests_per_second=0.001, burst=1))
    for number in range(10):
        assert not limiter.take(f"caller {number}")[0]
    assert len(limiter._buckets) == 3  # pyright: ignore[reportPrivateUsage]
    assert limiter.take("caller 9")[0]


@pytest.mark.parametrize(
    ("address", "one"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("a:b", "a:b"),
    ],
)
def test_who_counts_as_one(address: str, one: str) -> None:
    assert neighbourhood(address) == one


def test_a_container_takes_it_from_its_environment() -> None:
    given = {
        "MODELPORT_AUTH": "none",
        "MODELPORT_RATE_LIMIT": '{"requests_per_second": 5, "burst": 9}',
    }
    assert read_settings(given).rate_limit == RateLimit(requests_per_second=5, burst=9)
    for wrong in ('{"requests_per_second": 0, "burst": 1}', '{"burst": 1}', "5"):
        with pytest.raises(StartError, match="MODELPORT_RATE_LIMIT is malformed"):
            read_settings({**given, "MODELPORT_RATE_LIMIT": wrong})


def test_a_caller_over_grpc_is_limited_and_told_when() -> None:
    runtime = made_runtime(lambda rows: [0.5] * len(rows), rate_limit=SLOW)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    with in_process(runtime) as (channel, _):
        for _ in range(2):
            infer(channel, raw())
        error = refused(channel, "ModelInfer", raw())
        assert error.code() is CODE.RESOURCE_EXHAUSTED
        assert "too many requests of one caller" in error.details()
        assert int(dict(error.trailing_metadata())["grpc-retry-pushback-ms"]) > 90_000
        for _ in range(5):  # probes are not
            call(channel, HEALTH, b"")
