"""Splits between real workers: a live one under our control and a candidate of another version."""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

from serving.supervised import HEADERS, Supervised, address, ask, supervised
from serving.tiny import VERSION, build
from serving.workers import AUTH, Worker, poll, running, settings_file

OTHER = "11ee11ee11ee11ee"
LIVE, CANDIDATE = (200, VERSION), (200, OTHER)


@pytest.fixture(scope="module")
def other_bento(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version that always answers `high`."""
    model = DummyClassifier(strategy="constant", constant=1).fit(np.eye(3), [0, 1, 1])
    return build(tmp_path_factory.mktemp("other"), model, version=OTHER)


@pytest.fixture(scope="module")
def candidate(other_bento: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A running worker of it."""
    folder = tmp_path_factory.mktemp("candidate")
    variables = {"MODELPORT_SETTINGS": str(settings_file(folder))}
    with running(other_bento, folder, variables) as worker:
        yield worker


@pytest.fixture(scope="module")
def live(bento: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervised]:
    """A running worker of the live version, under our control."""
    folder = tmp_path_factory.mktemp("live")
    variables = {"MODELPORT_SETTINGS": str(settings_file(folder))}
    with supervised(bento, folder, variables) as made:
        yield made


def test_the_share_is_exact_over_changes_of_the_percent(
    live: Supervised, candidate: Worker
) -> None:
    place = address(candidate)
    total: Counter[tuple[int, str]] = Counter()
    for percent, times in ((5, 400), (25, 400), (50, 200)):
        live.split(1, place, percent=percent)
        seen = ask(live.worker, times)
        assert seen == {LIVE: times * (100 - percent) // 100, CANDIDATE: times * percent // 100}
        total += seen
    text = httpx.get(f"{live.worker.url}/metrics", headers=AUTH).text
    assert "modelport_split_percent 50.0" in text
    report = live.unsplit(1)
    assert ask(live.worker, 50) == {LIVE: 50}
    for side, key in (("live", LIVE), ("candidate", CANDIDATE)):
        assert report[side]["requests"] == total[key] == sum(report[side]["buckets"])
        assert report[side]["errors"] == 0
    assert report["dropped"] == report["compared"] == report["disagreements"] == 0
    text = httpx.get(f"{live.worker.url}/metrics", headers=AUTH).text
    assert "modelport_split_percent 0.0" in text
    assert 'modelport_split_requests_total{outcome="ok",role="candidate"} 220.0' in text
    assert 'modelport_split_requests_total{outcome="ok",role="live"} 780.0' in text


def test_many_callers_together_get_the_exact_share(live: Supervised, candidate: Worker) -> None:
    live.split(2, address(candidate), percent=25)
    with ThreadPoolExecutor(8) as callers:
        counts = list(callers.map(ask, [live.worker] * 8, [40] * 8))
    assert sum(counts, Counter[tuple[int, str]]()) == {LIVE: 240, CANDIDATE: 80}
    assert live.unsplit(2)["candidate"]["requests"] == 80


def test_what_the_candidate_refuses_goes_to_the_caller(live: Supervised, candidate: Worker) -> None:
    live.split(3, address(candidate), percent=100)
    headers = {**HEADERS, "x-request-id": "given-1"}
    for body, status in ((b"{", 400), (b"{}", 422), (b'{"instances": [[1]]}', 422)):
        url = f"{live.worker.url}/predict"
        response = httpx.post(url, content=body, headers=headers)
        assert (response.status_code, response.headers["x-modelport-version"]) == (status, OTHER)
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers.get_list("x-request-id") == ["given-1"]
        assert response.json()["instance"] == "given-1"
    for wrong in ({"authorization": "Bearer x"}, {"content-type": "text/plain"}):
        # Refused here, before it is anybody's turn.
        response = httpx.post(url, content=b"{}", headers=headers | wrong)
        assert response.headers["x-modelport-version"] == VERSION
    report = live.unsplit(3)
    assert (report["candidate"]["requests"], report["candidate"]["errors"]) == (3, 0)


def test_a_shadow_is_compared_and_never_answers(live: Supervised, candidate: Worker) -> None:
    live.split(4, address(candidate), mode="shadow", percent=50)
    agreeing = json.dumps({"instances": [[3, 40, 0]]}).encode()
    assert ask(live.worker, 40) == {LIVE: 40}
    assert ask(live.worker, 40, agreeing) == {LIVE: 40}
    assert ask(live.worker, 20, b"{}") == {(422, VERSION): 20}
    report = live.unsplit(4)
    assert report["live"]["requests"] == 100
    sent = report["candidate"]["requests"]
    assert sent + report["dropped"] == 50
    assert sent == report["compared"] >= 25
    # The candidate answers the second row of the first body otherwise.
    assert 10 <= report["disagreements"] <= 20


@pytest.mark.parametrize("mode", ["canary", "shadow"])
def test_nobody_notices_a_candidate_that_hangs(
    live: Supervised, candidate: Worker, mode: str
) -> None:
    number = 5 if mode == "canary" else 6
    live.split(number, address(candidate), mode=mode, percent=25, timeout=0.2)
    os.kill(candidate.process.pid, signal.SIGSTOP)
    try:
        assert ask(live.worker, 20) == {LIVE: 20}
        report = live.unsplit(number)
    finally:
        os.kill(candidate.process.pid, signal.SIGCONT)
    assert (report["candidate"]["requests"], report["candidate"]["errors"]) == (5, 5)
    assert sum(report["candidate"]["buckets"]) == report["compared"] == 0
    assert sum(report["live"]["buckets"]) == report["live"]["requests"]


def test_malformed_commands_are_logged_and_change_nothing(
    live: Supervised, candidate: Worker
) -> None:
    live.split(8, address(candidate), percent=50)
    good: dict[str, object] = {
        "command": "split", "id": 9, "mode": "canary", "percent": 100,
        "addresses": [address(candidate)], "timeout": 1.0,
    }  # fmt: skip
    wrong: list[object] = [
        good | {"percent": 101},
        good | {"percent": True},
        good | {"percent": "5"},
        good | {"addresses": []},
        good | {"addresses": ["192.0.2.1:80"]},
        good | {"addresses": ["127.0.0.1:x"]},
        good | {"mode": "both"},
        good | {"timeout": 0},
        {"command": "stop"},
        [],
    ]
    before = len(live.worker.lines())
    garbage = [b"\xff\xfe", b"{", b"x" * 200_000, *(json.dumps(each).encode() for each in wrong)]
    live.control.sendall(b"\n".join([*garbage, b"", b""]))
    poll(lambda: len(live.worker.lines()) >= before + len(garbage), "logged")
    logged = [json.loads(line) for line in live.worker.lines()[before:]]
    assert [line["event"] for line in logged] == ["control-ignored"] * len(garbage)
    assert "192.0.2.1" not in "".join(live.worker.lines())
    assert ask(live.worker, 20) == {LIVE: 10, CANDIDATE: 10}
    assert live.unsplit(8)["split"] == 8


def test_commands_arrive_in_any_pieces(live: Supervised, candidate: Worker) -> None:
    order = {"command": "split", "id": 10, "mode": "canary", "percent": 100, "timeout": 2}
    lines = json.dumps(order | {"addresses": [address(candidate)]}).encode() + b"\n"
    again = lines.replace(b"10, ", b"11, ").replace(b'"percent": 100', b'"percent": 50')
    whole = lines + again
    for start in range(0, len(whole), 50):
        live.control.sendall(whole[start : start + 50])
    live.wait(split=10, ended=True)
    live.wait(split=11)
    assert ask(live.worker, 4) == {LIVE: 2, CANDIDATE: 2}
    live.unsplit(11)


def test_nobody_notices_a_candidate_that_dies(
    live: Supervised, other_bento: Path, candidate: Worker, tmp_path: Path
) -> None:
    """One of two candidate workers dies while callers ask."""
    variables = {"MODELPORT_SETTINGS": str(settings_file(tmp_path))}
    with running(other_bento, tmp_path, variables) as doomed:
        live.split(12, address(doomed), address(candidate), percent=50)
        assert ask(live.worker, 40) == {LIVE: 20, CANDIDATE: 20}
        with ThreadPoolExecutor(4) as callers:
            counts = [callers.submit(ask, live.worker, 50) for _ in range(4)]
            doomed.process.kill()
            seen = sum((each.result() for each in counts), Counter[tuple[int, str]]())
    report = live.unsplit(12)
    errors = report["candidate"]["errors"]
    assert 1 <= errors <= 60
    assert seen == {LIVE: 100 + errors, CANDIDATE: 100 - errors}
    assert report["candidate"]["requests"] == report["live"]["requests"] == 120
