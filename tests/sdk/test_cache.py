"""The cache: kept on disk, never in the way."""

import subprocess
import sys
from pathlib import Path

import pytest

from modelport import sdk
from modelport.sdk.cache import cache_folder, cached
from modelport.sdk.types import Json
from sdk_cache import forget

TOKEN = "aws:sqs/queue:Queue"


def as_is(value: Json) -> Json:
    return value


def entries(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_a_type_is_read_once_and_then_kept(
    empty_cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = sdk.resource(TOKEN)
    (entry,) = entries(empty_cache)
    folder = cache_folder("aws")
    assert entry.is_relative_to(folder)
    assert folder.is_relative_to(empty_cache / "modelport" / "sdk")
    assert folder.name.startswith(f"aws-{sdk.version('aws')}-")
    forget()
    assert sdk.resource(TOKEN) == first


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"{}",
        b"[" * 100_000,
        b'["aws:sqs/queue:Queue", null]',
        b'["aws:sqs/queue:Queue", ["aws:sqs/queue:Queue", [["name"]], [], [], false]]',
        b'["aws:sns/topic:Topic", ["aws:sns/topic:Topic", [], [], [], false]]',
    ],
)
def test_a_broken_entry_is_read_again_and_mended(empty_cache: Path, content: bytes) -> None:
    first = sdk.resource(TOKEN)
    (entry,) = entries(empty_cache)
    whole = entry.read_bytes()
    entry.write_bytes(content)
    forget()
    assert sdk.resource(TOKEN) == first
    assert entry.read_bytes() == whole


def test_an_entry_that_is_no_file_is_done_without(empty_cache: Path) -> None:
    first = sdk.resource(TOKEN)
    (entry,) = entries(empty_cache)
    entry.unlink()
    entry.mkdir()
    forget()
    assert sdk.resource(TOKEN) == first
    assert list(entry.parent.iterdir()) == [entry]


def test_a_folder_that_cannot_be_written_is_done_without(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_cache / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(empty_cache / "file"))
    assert sdk.resource(TOKEN).inputs
    assert entries(empty_cache) == [empty_cache / "file"]


def test_a_relative_folder_is_ignored(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(empty_cache))
    assert cache_folder("aws").is_relative_to(empty_cache / ".cache" / "modelport" / "sdk")


def test_names_that_share_a_file_do_not_mix(empty_cache: Path) -> None:
    for name in ("a:b/c", "a/b:c", "a:b/c"):
        assert cached("aws", "kind", name, lambda name=name: name, as_is, as_is) == name
    assert len(entries(empty_cache)) == 1


def test_processes_that_read_the_same_do_not_disturb_each_other(empty_cache: Path) -> None:
    program = (
        "from modelport import sdk\n"
        "for token in ('aws:sqs/queue:Queue', 'kubernetes:core/v1:Pod', 'aws:sns/topic:Topic'):\n"
        "    print(len(sdk.resource(token).inputs))\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    outputs = {process.communicate()[0] for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert len(outputs) == 1
    assert all(entry.suffix == ".json" for entry in entries(empty_cache))
    assert len(entries(empty_cache)) == 3
