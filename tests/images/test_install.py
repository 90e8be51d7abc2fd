"""What runs in an image while it is built: byte code and times that do not depend on the day."""

import importlib.util
import os
import struct
import time
from pathlib import Path

from modelport.images.install import compile_missing, settle

TIME = 315_532_800
UNCHECKED = 0b01
"""Flags of byte code that holds a hash and is not checked: https://peps.python.org/pep-0552/."""


def byte_code(source: Path) -> Path:
    return Path(importlib.util.cache_from_source(str(source)))


def fill(folder: Path) -> None:
    (folder / "pkg" / "tests").mkdir(parents=True)
    (folder / "pkg" / "a.py").write_text('KNOWN = {"x", "y"}\n')
    (folder / "pkg" / "template.py").write_text("class {{ name }}:\n")
    (folder / "pkg" / "tests" / "b.py").write_text("")


def test_byte_code_holds_a_hash_and_is_not_checked(tmp_path: Path) -> None:
    contents: list[bytes] = []
    for name, age in (("one", 0), ("two", 90_000)):
        fill(tmp_path / name)
        source = tmp_path / name / "pkg" / "a.py"
        os.utime(source, (age, age))
        compile_missing(tmp_path / name)
        contents.append(byte_code(source).read_bytes().replace(b"/two/", b"/one/"))
    assert contents[0] == contents[1]
    assert struct.unpack("<I", contents[0][4:8]) == (UNCHECKED,)
    assert not byte_code(tmp_path / "one" / "pkg" / "template.py").exists()
    assert not byte_code(tmp_path / "one" / "pkg" / "tests" / "b.py").exists()


def test_byte_code_of_the_base_stays(tmp_path: Path) -> None:
    fill(tmp_path)
    there = byte_code(tmp_path / "pkg" / "a.py")
    there.parent.mkdir()
    there.write_bytes(b"of the base image")
    compile_missing(tmp_path)
    assert there.read_bytes() == b"of the base image"


def test_what_has_changed_gets_one_time(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "changed" / "after"
    before.mkdir()
    (before / "old").write_text("old")
    os.utime(before / "old", (5, 5))
    time.sleep(0.05)  # the kernel's clock has steps of some milliseconds
    mark = tmp_path / "mark"
    mark.write_text("")
    since = mark.stat().st_ctime_ns
    after.mkdir(parents=True)
    (after / "new").write_text("new")
    (after / "link").symlink_to("nowhere")
    (after / "folder").symlink_to(before)
    settle(tmp_path, since, TIME)
    for path in (tmp_path, after.parent, after, *after.iterdir()):
        assert path.lstat().st_mtime == TIME, path
    assert (before / "old").stat().st_mtime == 5
    assert before.stat().st_mtime != TIME
