"""Files that are there whole or not at all."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelport.files import write_whole


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize(
    ("mode", "found"), [(None, 0o640), (0o600, 0o600), (0o644, 0o644), (0o755, 0o755)]
)
@pytest.mark.parametrize("sync", [False, True])
def test_a_file_has_its_permissions(
    tmp_path: Path, mode: int | None, found: int, *, sync: bool
) -> None:
    path = tmp_path / "file"
    path.write_text("a longer text, of others")
    path.chmod(0o666)
    write_whole(path, b"new", mode=mode, sync=sync)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == found
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    (place := tmp_path / "taken").mkdir()
    (drafts := tmp_path / "drafts").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(place, b"new", drafts=drafts)
    assert not [*place.iterdir(), *drafts.iterdir()]
