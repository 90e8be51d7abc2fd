"""Which settings a service starts with, and what it says about the others."""

from pathlib import Path

import pytest

from modelport_serving.errors import StartError
from modelport_serving.settings import ApiKey, Open, Platform, read_settings
from serving.workers import settings_file

DIGEST = "0123456789abcdef" * 4


def test_nothing_set_does_not_start() -> None:
    with pytest.raises(StartError, match="who may call this service is not set; set MODELPORT_SET"):
        read_settings({})


def test_a_key_or_open_access_by_hand() -> None:
    assert read_settings({"MODELPORT_API_KEY_SHA256": DIGEST}).auth == ApiKey(sha256=DIGEST)
    assert read_settings({"MODELPORT_AUTH": "none"}).auth == Open()
    assert read_settings({"MODELPORT_AUTH": "platform"}).auth == Platform()


def test_limits_of_a_container() -> None:
    limits = {"MODELPORT_MAX_BODY_BYTES": "4096", "MODELPORT_MAX_ROWS": "7"}
    settings = read_settings({"MODELPORT_AUTH": "platform", **limits})
    assert (settings.max_body_bytes, settings.max_rows) == (4096, 7)


def test_a_file(tmp_path: Path) -> None:
    path = settings_file(tmp_path, max_rows=7)
    settings = read_settings({"MODELPORT_SETTINGS": str(path)})
    assert settings.max_rows == 7
    assert settings.max_body_bytes == 1024 * 1024
    assert isinstance(settings.auth, ApiKey)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"MODELPORT_AUTH": "no"}, "MODELPORT_AUTH can only be none or platform"),
        ({"MODELPORT_AUTH": "none", "MODELPORT_MAX_ROWS": "1e3"}, "write a whole number above 0"),
        (
            {"MODELPORT_SETTINGS": "/a/file", "MODELPORT_MAX_ROWS": "5"},
            "MODELPORT_SETTINGS is set; put what MODELPORT_MAX_ROWS says into that file",
        ),
        ({"MODELPORT_API_KEY_SHA256": "secret"}, "must be 64 lower-case hex digits"),
        (
            {"MODELPORT_API_KEY_SHA256": DIGEST, "MODELPORT_AUTH": "none"},
            "MODELPORT_AUTH and MODELPORT_API_KEY_SHA256 are set; set one of them",
        ),
        ({"MODELPORT_SETTINGS": "/nowhere/at/all"}, "cannot be read: No such file"),
    ],
)
def test_wrong_variables(environment: dict[str, str], says: str) -> None:
    with pytest.raises(StartError, match=says) as caught:
        read_settings(environment)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o620, 0o604])
def test_a_file_that_others_can_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    path = settings_file(tmp_path)
    path.chmod(mode)
    with pytest.raises(StartError, match=f"has mode {mode:04o}; run: chmod 600"):
        read_settings({"MODELPORT_SETTINGS": str(path)})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "auth: Field required"),
        ('{"auth": {"kind": "api_key", "sha256": "abc"}}', r"auth\.api_key\.sha256"),
        ('{"auth": {"kind": "api_key", "sha256": "' + DIGEST + '"}, "rows": 1}', "rows: Extra"),
        ("nonsense", "file: Invalid JSON"),
    ],
)
def test_a_malformed_file_is_refused_with_its_fields(tmp_path: Path, text: str, says: str) -> None:
    path = settings_file(tmp_path)
    path.write_text(text)
    with pytest.raises(StartError, match=says):
        read_settings({"MODELPORT_SETTINGS": str(path)})
