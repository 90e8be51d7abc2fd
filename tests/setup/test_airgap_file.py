"""Air-gap files: what is taken, what is refused and how; nothing is left where one is refused."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from setup.packed import ROOT, TOP, added, contents, entry, packed, script

reader = script("airgap_file")
writer = script("airgap")


def refusal(path: Path, root: Path | None = ROOT) -> str:
    """The sentence that refuses the file; what was unpacked must be gone."""
    scratch = path.parent / "scratch"
    with pytest.raises(reader.AirgapError) as caught, reader.opened(path, scratch, root):
        pass
    assert not scratch.exists()
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(path), "FILE")


def seen(folder: Path) -> dict[str, tuple[bytes, bool]]:
    """Contents and run bits below a folder."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), os.access(path, os.X_OK))
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_whole_file_is_unpacked_and_removed_again(tmp_path: Path) -> None:
    path = packed(tmp_path)
    scratch = tmp_path / "scratch"
    (scratch / "left by a killed run").mkdir(parents=True)
    with reader.opened(path, scratch, ROOT) as supply:
        assert seen(supply.folder) == seen(tmp_path / "contents")
        assert supply.manifest.commit == "c0ffee"
        assert (supply.wheels / "a-1-py3-none-any.whl").is_file()
        assert os.access(supply.engine / "bin" / "pulumi", os.X_OK)
    assert not scratch.exists()


def test_the_folder_of_an_unpacked_file_is_taken_as_it_is(tmp_path: Path) -> None:
    with tarfile.open(packed(tmp_path)) as archive:
        archive.extractall(tmp_path / "by hand", filter="data")
    folder = next((tmp_path / "by hand").iterdir())
    with reader.opened(folder, tmp_path / "scratch", ROOT) as supply:
        assert supply.folder == folder
    assert seen(folder) == seen(tmp_path / "contents")


def test_equal_contents_give_equal_bytes(tmp_path: Path) -> None:
    first = packed(tmp_path / "one").read_bytes()
    again = packed(tmp_path / "two")
    folder = tmp_path / "two" / "contents"
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700 if os.access(path, os.X_OK) else 0o600)
    assert writer.write_tar(folder, again) == reader.sha256_of(again)
    assert again.read_bytes() == first


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_changed_byte_or_a_cut_never_passes_as_something_else(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("damaged")
    path = packed(tmp_path)
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans(), label="cut"):
        path.write_bytes(whole[:place])
    else:
        other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
        path.write_bytes(whole[:place] + bytes([other]) + whole[place + 1 :])
    try:
        with reader.opened(path, tmp_path / "scratch", ROOT) as supply:
            assert seen(supply.folder) == seen(tmp_path / "contents")  # only padding was hit
    except reader.AirgapError:
        assert "FILE" in refusal(path)


def test_a_damaged_entry_is_named_with_both_sums(tmp_path: Path) -> None:
    path = packed(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"a wheela wheel", b"a wheelA wheel", 1))
    told = refusal(path)
    assert told.startswith("FILE is damaged: the SHA-256 of wheels/a-1-py3-none-any.whl is ")
    assert told.endswith("; copy it again from where it was packed")


def test_a_file_that_ends_early_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path)
    with path.open("r+b") as handle:
        handle.truncate(path.stat().st_size // 2)
    assert refusal(path).endswith("; copy it again from where it was packed")


def test_the_sum_beside_the_file_is_compared_first(tmp_path: Path) -> None:
    path = packed(tmp_path)
    beside = tmp_path / "packed.tar.sha256"
    beside.write_text(f"{reader.sha256_of(path)}  packed.tar\n")
    with reader.opened(path, tmp_path / "scratch", ROOT):
        pass
    beside.write_text(f"{'0' * 64}  packed.tar\n")
    assert refusal(path) == (
        f"FILE is damaged: its SHA-256 is {reader.sha256_of(path)}, and packed.tar.sha256 says "
        f"{'0' * 64}; copy it again from where it was packed"
    )


@pytest.mark.parametrize("text", [b"", b"no archive at all", b"\0" * 10240])
def test_other_files_are_refused(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.tar"
    path.write_bytes(text)
    assert "FILE is " in refusal(path)
    assert "no file of `make airgap`" in refusal(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    told = refusal(tmp_path / "nowhere.tar")
    assert told == "FILE is not there; name the file that `make airgap` packed"


def test_another_python_is_told_which_one(tmp_path: Path) -> None:
    here = (reader.python_tag(), reader.platform_tag())
    assert refusal(packed(tmp_path, python="cp399")) == (
        f"FILE is for cp399 on {here[1]}, and this is {here[0]} on {here[1]}; take that Python "
        f"(`make setup PYTHON=python3.99`) or run `make airgap` with {here[0]} on {here[1]}"
    )


def test_another_platform_is_told_what_to_pack(tmp_path: Path) -> None:
    here = (reader.python_tag(), reader.platform_tag())
    assert refusal(packed(tmp_path, platform="linux_pdp11")) == (
        f"FILE is for {here[0]} on linux_pdp11, and this is {here[0]} on {here[1]}; run "
        f"`make airgap` with {here[0]} on {here[1]}"
    )


@pytest.mark.parametrize("have", [("glibc", "2.9"), ("", "")])
def test_an_older_c_library_is_refused(
    have: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: have)
    told = refusal(packed(tmp_path, libc=["glibc", "2.34"]))
    assert told.startswith("FILE needs glibc 2.34 or newer, and this machine has ")
    assert told.endswith("; pack it on a machine as old as this one")


@pytest.mark.parametrize("have", ["2.34", "2.41"])
def test_the_same_or_a_newer_c_library_is_fine(
    have: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", have))
    with reader.opened(packed(tmp_path, libc=["glibc", "2.34"]), tmp_path / "scratch", ROOT):
        pass


@pytest.mark.parametrize("lock", reader.LOCKS)
def test_another_lock_is_refused_with_both_sums(lock: str, tmp_path: Path) -> None:
    locks = {name: reader.sha256_of(ROOT / name) for name in reader.LOCKS} | {lock: "0" * 64}
    assert refusal(packed(tmp_path, locks=locks)) == (
        f"FILE was packed from another {lock} (SHA-256 000000000000, this clone's is "
        f"{reader.sha256_of(ROOT / lock)[:12]}); check out c0ffee here, or pack it anew there with "
        "`make airgap` from this commit"
    )


def test_another_engine_is_refused(tmp_path: Path) -> None:
    told = refusal(packed(tmp_path, engine={"version": "3.1.0", "origin": "", "key": "3.1.0-x"}))
    assert told.startswith("FILE holds the engine 3.1.0-x, and this clone uses 3.220.0-")


@pytest.mark.parametrize("changes", [{"format": 2}, {"libc": 3}, {"unknown": 1}])
def test_a_manifest_of_another_time_is_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    assert refusal(packed(tmp_path, **changes)).endswith("; pack it anew there with `make airgap`")


def test_without_a_clone_its_locks_do_not_matter(tmp_path: Path) -> None:
    path = packed(tmp_path, locks={}, engine={})
    with reader.opened(path, tmp_path / "scratch"):
        pass


def test_a_missing_wheel_is_named(tmp_path: Path) -> None:
    folder = contents(tmp_path / "contents")
    (folder / "wheels" / "a-1-py3-none-any.whl").unlink()
    writer.write_tar(folder, tmp_path / "packed.tar")
    told = "FILE misses wheels/a-1-py3-none-any.whl that SHA256SUMS lists; "
    assert refusal(tmp_path / "packed.tar") == told + "copy it again from where it was packed"


@pytest.mark.parametrize(
    "name", [f"{TOP}/../../x", "/x", "../x", "..", f"{TOP}//x", f"{TOP}/./x", "x", "other/x"]
)
def test_an_entry_that_leads_out_is_refused(name: str, tmp_path: Path) -> None:
    path = packed(tmp_path)
    assert "leads out of it" in refusal(added(path, entry(name.replace(TOP, path.stem))))
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]
)
def test_an_entry_that_is_no_regular_file_is_refused(kind: bytes, tmp_path: Path) -> None:
    path = packed(tmp_path)
    told = refusal(added(path, entry("packed/engine/more", kind, "packed/SHA256SUMS")))
    assert "'packed/engine/more', which is no regular file" in told


@pytest.mark.parametrize("name", ["wheels/b-1-py3-none-any.whl", "engine/engine.json"])
def test_an_entry_that_is_not_listed_or_comes_twice_is_refused(name: str, tmp_path: Path) -> None:
    told = refusal(added(packed(tmp_path), entry(f"packed/{name}")))
    assert told == f"FILE holds {name!r}, which SHA256SUMS does not list once"


@pytest.mark.parametrize("line", ["../x", "/x", "a/../x", "a b", ""])
def test_a_listed_name_that_leads_out_is_refused(line: str, tmp_path: Path) -> None:
    folder = contents(tmp_path / "contents")
    with (folder / "SHA256SUMS").open("a") as handle:
        handle.write(f"{'0' * 64}  {line}\n")
    writer.write_tar(folder, tmp_path / "packed.tar")
    assert "has a line in SHA256SUMS that is none" in refusal(tmp_path / "packed.tar")


def test_a_folder_is_checked_as_a_file_is(tmp_path: Path) -> None:
    folder = contents(tmp_path / "contents")
    wheel = folder / "wheels" / "a-1-py3-none-any.whl"
    extra = folder / "wheels" / "b-1-py3-none-any.whl"
    shutil.copy(wheel, extra)
    assert "which SHA256SUMS does not list; remove it" in refusal(folder)
    extra.unlink()
    extra.symlink_to(wheel)
    assert "which is no regular file; unpack it anew" in refusal(folder)
    extra.unlink()
    wheel.write_bytes(b"other")
    assert "FILE is damaged: the SHA-256 of wheels/a-1-py3-none-any.whl" in refusal(folder)
    wheel.unlink()
    assert "FILE misses wheels/a-1-py3-none-any.whl" in refusal(folder)
    (folder / "SHA256SUMS").unlink()
    assert "FILE holds no SHA256SUMS" in refusal(folder)


def test_a_built_wheel_is_let_in_by_its_own_release_only(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "a-b==1.0 ; python_version >= '3' \\\n    --hash=sha256:11\na-b-c==1.0 \\\n"
        "    --hash=sha256:22\nother==1.0 \\\n    --hash=sha256:33\n"
    )
    path = packed(tmp_path, built={"A_b-1.0-py3-none-any.whl": "44"})
    with reader.opened(path, tmp_path / "scratch", ROOT) as supply:
        made = reader.lock_for(supply, lock, tmp_path / "made.lock").read_text()
    added_line = "    --hash=sha256:44 \\\n"
    assert made.replace(added_line, "") == lock.read_text()
    assert made.index(added_line) == len("a-b==1.0 ; python_version >= '3' \\\n")


def test_where_nothing_was_built_the_lock_is_the_clone_s(tmp_path: Path) -> None:
    with reader.opened(packed(tmp_path), tmp_path / "scratch", ROOT) as supply:
        lock = ROOT / "requirements.lock"
        assert reader.lock_for(supply, lock, tmp_path / "made.lock") == lock


@pytest.mark.parametrize(
    ("wheels", "oldest"),
    [
        (["a-1-py3-none-any.whl"], ("", "")),
        (["a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"], ("glibc", "2.17")),
        (["a-1-cp311-cp311-manylinux_2_28_x86_64.manylinux1_x86_64.whl"], ("glibc", "2.5")),
        (
            ["a-1-cp311-abi3-manylinux_2_34_x86_64.whl", "b-1-py3-none-manylinux2010_x86_64.whl"],
            ("glibc", "2.34"),
        ),
        (["a-1-cp311-cp311-linux_x86_64.whl"], ("glibc", "2.36")),
    ],
)
def test_the_c_library_that_is_needed_is_read_from_the_names(
    wheels: list[str], oldest: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: ("glibc", "2.36"))
    assert writer.oldest_libc(wheels) == oldest


def test_the_installer_refuses_before_it_makes_anything(tmp_path: Path) -> None:
    folder = contents(tmp_path / "contents", python="cp399")
    for name, source in writer.OWN.items():
        shutil.copy(ROOT / "scripts" / source, folder / name)
    writer.write_sums(folder)
    command = [sys.executable, str(folder / "install.py"), str(tmp_path / "new")]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {folder} is for cp399 on ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists()
    assert not (folder / "__pycache__").exists()
