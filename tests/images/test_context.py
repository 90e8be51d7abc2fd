"""Build contexts: the same bytes for the same bundle, and a Dockerfile for every platform."""

import json
import re
import shutil
from pathlib import Path

import pytest

from modelport.errors import BundleError
from modelport.home import Home
from modelport.images import ADAPTERS, Adapter, context_digest, default_base, write_context
from modelport_serving.record import BundleRecord

STORE = "bundle/opt/modelport/store"
BENTO = f"{STORE}/bentos/tiny/00ff00ff00ff00ff"
MODEL = f"{STORE}/models/tiny/00ff00ff00ff00ff"


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def instructions(folder: Path) -> list[str]:
    text = (folder / "Dockerfile").read_text().replace("\\\n", "")
    return [line.split()[0] for line in text.splitlines()]


def copy_of(home: Home, folder: Path) -> Home:
    shutil.copytree(home.bentoml, folder / ".modelport" / "bentoml")
    return Home(folder / ".modelport")


def test_it_holds_what_serves_and_nothing_else(
    home: Home, record: BundleRecord, tmp_path: Path
) -> None:
    write_context(home, record, tmp_path / "context")
    found = files(tmp_path / "context")
    assert {
        "Dockerfile",
        "packages/opt/modelport/install.py",
        "packages/opt/modelport/requirements.txt",
        f"{BENTO}/bento.yaml",
        f"{BENTO}/src/bundle.json",
        f"{BENTO}/src/modelport_serving/container.py",
        f"{MODEL}/model.joblib",
        f"{MODEL}/model.yaml",
    } <= found
    assert not [path for path in found if "__pycache__" in path or path.endswith(".pyc")]
    assert (tmp_path / "context" / STORE / "tmp").is_dir()


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_the_same_bundle_gives_the_same_bytes(
    home: Home, record: BundleRecord, tmp_path: Path, adapter: Adapter
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    digest = write_context(home, record, first, adapter)
    rebuilt = copy_of(home, tmp_path)
    for path in (f"{BENTO}/bento.yaml", f"{MODEL}/model.yaml"):
        file = rebuilt.bentoml / path.removeprefix(f"{STORE}/")
        text, count = re.subn(r"(creation_time:) .*", r"\1 '2031-01-01T00:00:00'", file.read_text())
        assert count
        file.write_text(text)
    assert write_context(rebuilt, record, second, adapter) == digest == context_digest(first)
    assert files(first) == files(second)
    for path in files(first):
        one, other = first / path, second / path
        assert one.read_bytes() == other.read_bytes()
        assert one.stat().st_mtime == other.stat().st_mtime
        assert one.stat().st_mode == other.stat().st_mode == 0o100644


def test_the_digest_follows_content_adapter_and_base(
    home: Home, record: BundleRecord, tmp_path: Path
) -> None:
    changed = copy_of(home, tmp_path)
    (changed.bentoml / "bentos/tiny/00ff00ff00ff00ff/src/service.py").write_text("# other\n")
    digests = {
        write_context(home, record, tmp_path / "a"),
        write_context(home, record, tmp_path / "b", "azure_functions"),
        write_context(home, record, tmp_path / "c", base_image="python:3.11-slim-bookworm"),
        write_context(changed, record, tmp_path / "d"),
    }
    assert len(digests) == 4


def test_the_dockerfile_has_nothing_that_a_platform_refuses(
    home: Home, record: BundleRecord, tmp_path: Path
) -> None:
    write_context(home, record, tmp_path / "context")
    used = instructions(tmp_path / "context")
    # Heroku: https://devcenter.heroku.com/articles/container-registry-and-runtime
    assert not {"EXPOSE", "VOLUME", "HEALTHCHECK", "STOPSIGNAL", "SHELL", "ADD"} & set(used)
    text = (tmp_path / "context" / "Dockerfile").read_text()
    assert "USER 10001:10001" in text
    entry = re.search(r"^ENTRYPOINT (.*)$", text, re.MULTILINE)
    assert entry
    assert json.loads(entry.group(1))[-1] == "modelport_serving.container"
    # What stands before the bundle is the same for every version of it, and built once.
    before, _, after = text.partition("COPY bundle ")
    assert "install.py" in before
    assert record.version not in before
    assert len(after.splitlines()) == 2
    current = tmp_path / "context" / STORE / "current"
    assert (current / "src" / "bundle.json").is_file()
    assert "/store/current/src" in before
    assert "--mount" not in text  # older builders do not know it


def test_the_host_of_azure_functions_passes_every_path_on(
    home: Home, record: BundleRecord, tmp_path: Path
) -> None:
    write_context(home, record, tmp_path / "context", "azure_functions")
    site = tmp_path / "context" / "site" / "home" / "site" / "wwwroot"
    host = json.loads((site / "host.json").read_text())
    assert host["customHandler"]["enableProxyingHttpRequest"] is True
    assert host["extensions"]["http"]["routePrefix"] == ""
    trigger = json.loads((site / "model" / "function.json").read_text())["bindings"][0]
    assert (trigger["type"], trigger["route"]) == ("httpTrigger", "{*path}")
    text = (tmp_path / "context" / "Dockerfile").read_text()
    assert text.startswith("FROM mcr.microsoft.com/azure-functions/python:4-python3.11\n")
    assert "ENTRYPOINT" not in text


def test_the_base_is_the_python_that_trained_the_model(
    home: Home, record: BundleRecord, tmp_path: Path
) -> None:
    lineage = record.lineage.model_copy(update={"python": "3.12.4"})
    newer = record.model_copy(update={"lineage": lineage})
    assert default_base(newer) == "python:3.12-slim"
    pinned = f"python@sha256:{'ab' * 32}"
    write_context(home, record, tmp_path / "context", base_image=pinned)
    assert (
        (tmp_path / "context" / "Dockerfile")
        .read_text()
        .startswith(f"FROM docker.io/library/{pinned}\n")
    )


def test_hashes_are_checked_where_the_bundle_has_them(
    home: Home, record: BundleRecord, tmp_path: Path
) -> None:
    write_context(home, record, tmp_path / "plain")
    assert "--require-hashes" not in (tmp_path / "plain" / "Dockerfile").read_text()
    hashed = copy_of(home, tmp_path)
    pins = hashed.bentoml / "bentos/tiny/00ff00ff00ff00ff/env/python/requirements.txt"
    pins.write_text(f"joblib==1.5.0 \\\n    --hash=sha256:{'0' * 64}\n")
    write_context(hashed, record, tmp_path / "hashed")
    assert "--require-hashes" in (tmp_path / "hashed" / "Dockerfile").read_text()


def test_what_it_refuses(home: Home, record: BundleRecord, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("something")
    with pytest.raises(BundleError, match=r"is not empty; name an empty folder"):
        write_context(home, record, tmp_path)
    unbuilt = record.model_copy(update={"version": "ff" * 8})
    with pytest.raises(BundleError, match=r"tiny@ffffffffffffffff .*run: modelport build tiny"):
        write_context(home, unbuilt, tmp_path / "context")
    damaged = copy_of(home, tmp_path)
    (damaged.bentoml / "models/tiny/00ff00ff00ff00ff/model.joblib").unlink()
    with pytest.raises(BundleError, match=r"model\.joblib: No such file.*modelport build tiny"):
        write_context(damaged, record, tmp_path / "context")
