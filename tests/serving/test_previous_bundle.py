"""A bundle that carries its previous version, for real: it is proved, and answers under load."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bundle_variants import after
from modelport_serving.errors import StartError
from modelport_serving.predictor import load_previous
from modelport_serving.record import PREVIOUS, RECORD_FILE, BundleRecord, read_record
from serving.previous_versions import OLD, carrying
from serving.tiny import GOOD, VERSION, write_bundle
from serving.workers import AUTH, Worker, running, settings_file


@dataclass
class Carrying:
    """Sources of a bundle with a previous version."""

    folder: Path
    record: BundleRecord

    def name(self, **changes: str) -> None:
        """Change what the record says of its previous version."""
        previous = self.record.lineage.previous
        assert previous
        wanted = {"version": previous.version, "sha256": previous.model_sha256} | changes
        made = carrying(self.record, **wanted)
        (self.folder / RECORD_FILE).write_text(made.model_dump_json())


def carry(folder: Path, old: Path) -> Carrying:
    """Put the tiny bundle in `old` into the one in `folder`, as a build does."""
    shutil.copytree(old, folder / PREVIOUS)
    found = read_record(folder / PREVIOUS)
    made = carrying(read_record(folder), found.version, found.model_sha256)
    (folder / RECORD_FILE).write_text(made.model_dump_json())
    return Carrying(folder, made)


@pytest.fixture
def bundle(tmp_path: Path) -> Carrying:
    for name, version in (("new", VERSION), ("old", OLD)):
        (tmp_path / name).mkdir()
        write_bundle(tmp_path / name, version=version)
    return carry(tmp_path / "new", tmp_path / "old")


def test_it_is_loaded_and_proved_like_any_model(bundle: Carrying) -> None:
    loaded = load_previous(bundle.folder)
    assert loaded.record.version == OLD
    assert loaded.pace
    (bundle.folder / PREVIOUS / "model.joblib").write_bytes(b"another")
    with pytest.raises(StartError, match=r"the model file .*/previous/model.joblib has SHA-256"):
        load_previous(bundle.folder)


@pytest.mark.parametrize("change", [{"version": "f" * 16}, {"sha256": "f" * 64}])
def test_another_version_than_the_recorded_one_is_refused(
    bundle: Carrying, change: dict[str, str]
) -> None:
    bundle.name(**change)
    with pytest.raises(StartError, match="its record names another previous version"):
        load_previous(bundle.folder)


def test_a_previous_version_that_is_lost_or_does_not_fit_is_refused(bundle: Carrying) -> None:
    file = bundle.folder / PREVIOUS / RECORD_FILE
    found = read_record(bundle.folder / PREVIOUS)
    other = found.signature.model_copy(update={"labels": ("high", "low")})
    file.write_text(found.model_copy(update={"signature": other}).model_dump_json())
    with pytest.raises(StartError, match="labels was high, low and is low, high"):
        load_previous(bundle.folder)
    file.unlink()
    with pytest.raises(StartError, match="cannot be read"):
        load_previous(bundle.folder)


def broken(bento: Path, folder: Path, old: Path, fault: str) -> Path:
    """A copy of a built Bento with a previous version, whose live model has a fault."""
    home = folder / "home"
    shutil.copytree(bento.parents[2], home, symlinks=True)
    source = home / bento.relative_to(bento.parents[2]) / "src"
    carry(source, old)
    if fault:
        after(0, fault)(source, source)
    return source.parent


def load_with(worker: Worker, requests: int) -> list[httpx.Response]:
    """Answers to requests of 8 callers at the same time."""

    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=worker.url, headers=AUTH, timeout=30) as client:
            turns = asyncio.Semaphore(8)

            async def one() -> httpx.Response:
                async with turns:
                    return await client.post("/predict", json={"instances": GOOD})

            return await asyncio.gather(*(one() for _ in range(requests)))

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("fault", "reason", "seconds"), [("errs", "failed", 10), ("slow", "late", 0.1)]
)
def test_a_real_server_under_load_loses_no_request(
    bento: Path, tmp_path: Path, fault: str, reason: str, seconds: float
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    write_bundle(old, version=OLD)
    file = settings_file(tmp_path, fallback={"previous": True, "after_seconds": seconds})
    made = broken(bento, tmp_path, old, fault)
    with running(made, tmp_path, {"MODELPORT_SETTINGS": str(file)}) as worker:
        answers = load_with(worker, 100)
        assert {it.status_code for it in answers} == {200}
        assert {it.headers["x-modelport-fallback"] for it in answers} == {reason}
        assert {it.headers["x-modelport-fallback-version"] for it in answers} == {OLD}
        probability = answers[0].json()["predictions"]
        assert all(it.json()["predictions"] == probability for it in answers)
        text = httpx.get(f"{worker.url}/metrics", headers=AUTH).text
        assert f'modelport_fallbacks_total{{by="previous",reason="{reason}"}} 100.0' in text


def test_a_server_that_is_not_asked_for_it_does_not_load_it(bento: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    write_bundle(old, version=OLD)
    made = broken(bento, tmp_path, old, "")
    (made / "src" / PREVIOUS / "model.joblib").write_bytes(b"damaged")
    plain = {"MODELPORT_SETTINGS": str(settings_file(tmp_path))}
    with running(made, tmp_path, plain) as worker:
        assert load_with(worker, 1)[0].json()["model"] == f"tiny@{VERSION}"
