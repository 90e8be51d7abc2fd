"""What plain `pulumi` is given, and the shim of the provider plugin."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelport import __version__
from modelport.engine import PASSPHRASE, engine_environment, install_plugin, prepare_home
from modelport.home import Home

OWN = (
    "MODELPORT_HOME",
    "PULUMI_BACKEND_URL",
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_HOME",
)


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OWN:
        monkeypatch.delenv(name, raising=False)


def test_everything_lies_in_the_home(home: Home) -> None:
    given = engine_environment(home)
    assert {name: given[name] for name in OWN if name in given} == {
        "MODELPORT_HOME": str(home.root),
        "PULUMI_BACKEND_URL": f"file://{home.state}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(home.passphrase),
        "PULUMI_HOME": str(home.pulumi),
    }
    assert given["BENTOML_HOME"] == str(home.bentoml)
    for name in (
        "PIP_DISABLE_PIP_VERSION_CHECK",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
        "PULUMI_SKIP_UPDATE_CHECK",
    ):
        assert given[name] == "1"


def test_path_starts_with_the_environment_then_the_engine(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"/usr/bin:{home.engine}:/bin")
    venv = str(Path(sys.prefix) / "bin")
    assert engine_environment(home)["PATH"] == f"{venv}:{home.engine}:/usr/bin:/bin"


def test_it_does_not_change_when_it_holds_already(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = engine_environment(home)
    for name, value in first.items():
        monkeypatch.setenv(name, value)
    assert engine_environment(home) == first


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PULUMI_BACKEND_URL", "s3://states"),
        ("PULUMI_CONFIG_PASSPHRASE", ""),
        ("PULUMI_CONFIG_PASSPHRASE", "mine"),
        ("PULUMI_CONFIG_PASSPHRASE_FILE", "/mine"),
    ],
)
def test_the_published_passphrase_stays_out_of_what_the_user_chose(
    name: str, value: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    given = engine_environment(home)
    assert given[name] == value
    assert given.get("PULUMI_CONFIG_PASSPHRASE_FILE") != str(home.passphrase)


def test_the_passphrase_file_is_private_and_kept(home: Home) -> None:
    prepare_home(home)
    assert home.passphrase.read_text() == PASSPHRASE + "\n"
    assert home.passphrase.stat().st_mode & 0o777 == 0o600
    home.passphrase.write_text("mine\n")
    prepare_home(home)
    assert home.passphrase.read_text() == "mine\n"


def test_the_shim_starts_this_python(home: Home) -> None:
    shim = install_plugin(home)
    assert shim.parent == home.pulumi / "plugins" / f"resource-modelport-v{__version__}"
    assert os.access(shim, os.X_OK)
    # `-m modelport.provider` of an interpreter that shows its arguments instead of running them.
    text = shim.read_text().replace("-m modelport.provider", "-c 'import sys; print(sys.argv)'")
    shim.write_text(text)
    done = subprocess.run([shim, "a b"], capture_output=True, check=True, text=True)
    assert done.stdout == "['-c', 'a b']\n"


def test_the_shim_is_written_once_and_again_when_python_moved(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = install_plugin(home)
    first = shim.stat().st_ino
    assert install_plugin(home).stat().st_ino == first
    monkeypatch.setattr(sys, "executable", "/moved to/bin/python")
    assert "exec '/moved to/bin/python' -m modelport.provider" in install_plugin(home).read_text()


def test_a_half_written_plugin_is_written_again(home: Home) -> None:
    shim = install_plugin(home)
    partial = shim.parent.with_name(shim.parent.name + ".partial")
    partial.touch()
    shim.unlink()
    assert install_plugin(home).exists()
    assert not partial.exists()


def test_a_pulumi_home_of_the_user_takes_the_plugin(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "mine"))
    assert install_plugin(home).is_relative_to(tmp_path / "mine")
    assert engine_environment(home)["PULUMI_HOME"] == str(tmp_path / "mine")
