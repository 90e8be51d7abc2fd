"""The lock: all that a bundle's libraries need, with hashes where the project knows them all."""

from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from modelport.bundles.digest import RUNTIMES, SERVING, TOOLCHAIN
from modelport.bundles.lock import LOCK_FILE, Lock, closure, read_hashes
from modelport.errors import BundleError

ROOT = Path(__file__).parents[2]
SERVED = (*SERVING, *RUNTIMES["onnx"])


def test_what_the_libraries_need_is_in_it() -> None:
    found = {item.name: item for item in closure(SERVED)}
    assert set(SERVED) < set(found)
    assert {"anyio", "flatbuffers", "markupsafe"} <= set(found), "needs of needs"
    assert "scikit-learn" not in found
    assert found["starlette"].needs == ("anyio", "typing-extensions")
    for item in found.values():
        assert item.version == version(item.name)
        assert set(item.needs) <= set(found)


def test_an_extra_s_needs_are_in_it_where_it_is_asked_for() -> None:
    assert "jsonschema" not in {item.name for item in closure(["cyclonedx-python-lib"])}


def test_the_order_and_spelling_of_names_do_not_count() -> None:
    lock = Lock()
    assert lock.packages(["Scikit_Learn", "numpy"]) == lock.packages(["numpy", "scikit-learn"])
    assert lock.packages([]) == ()


def test_the_project_s_lock_gives_the_hashes() -> None:
    packages = Lock(ROOT).packages(TOOLCHAIN)
    assert all(item.sha256 for item in packages)
    assert Lock(ROOT).lines(["h11"])["h11"].startswith(f"h11=={version('h11')} \\\n    --hash=")


def test_hashes_are_for_all_or_none(tmp_path: Path) -> None:
    lines = Lock(ROOT).lines(["jinja2"])
    assert set(lines) == {"jinja2", "markupsafe"}
    (tmp_path / LOCK_FILE).write_text(lines["jinja2"] + "\nmarkupsafe==0.1 --hash=sha256:00\n")
    plain = {name: f"{name}=={version(name)}" for name in lines}
    assert Lock(tmp_path).lines(["jinja2"]) == plain
    assert Lock(tmp_path / "none").lines(["jinja2"]) == plain
    (tmp_path / LOCK_FILE).write_text("\n".join(lines.values()))
    assert Lock(tmp_path).lines(["jinja2"]) == lines


def test_what_is_not_installed_is_named() -> None:
    with pytest.raises(BundleError, match="no-such-thing is not installed"):
        Lock(ROOT).packages(["no-such-thing"])


PINS = st.dictionaries(
    st.from_regex(r"[A-Za-z][A-Za-z0-9._-]{0,8}[a-z0-9]", fullmatch=True),
    st.tuples(
        st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}(rc1|\+cpu)?", fullmatch=True),
        st.sets(st.binary(min_size=32, max_size=32).map(bytes.hex), max_size=3),
        st.sampled_from(["", " ; python_full_version < '3.12'", "[extra]"]),
    ),
    max_size=4,
)


@settings(max_examples=25)
@given(PINS)
def test_every_hash_is_read(pins: dict[str, tuple[str, set[str], str]]) -> None:
    text = "# made by a program\n"
    for name, (number, hashes, more) in pins.items():
        extra, marker = (more, "") if more.startswith("[") else ("", more)
        lines = [f"{name}{extra}=={number}{marker}", *(f"    --hash=sha256:{h}" for h in hashes)]
        text += " \\\n".join(lines) + "\n    # via something==1\n"
    read = read_hashes(text)
    assert read.keys() == {(canonicalize_name(n), number) for n, (number, _, _) in pins.items()}
    for name, (number, hashes, _) in pins.items():
        if len({canonicalize_name(other) for other in pins}) == len(pins):
            assert read[canonicalize_name(name), number] == tuple(sorted(hashes))
