"""Bundle folders, their declarations, the store's answers to odd questions, and commits."""

import subprocess
from pathlib import Path

import pytest

from bundles.conftest import NAMES, ROOT
from modelport.bundles import build, bundle_names, find, list_bundles, newest, resolve
from modelport.bundles.lineage import source_commit
from modelport.bundles.sources import bundle_folder, load_data, load_training
from modelport.config import Gate
from modelport.errors import BundleError
from modelport.home import Home


def write(project: Path, name: str, training: str) -> Path:
    folder = project / "bentos" / name
    folder.mkdir(parents=True)
    (folder / "training.py").write_text(training)
    (folder / "service.py").write_text("")
    return folder


def test_the_project_s_bundles() -> None:
    assert set(NAMES) <= set(bundle_names(ROOT))


def test_only_a_project_s_home_shares_the_bundles_of_a_project_above(tmp_path: Path) -> None:
    inner = tmp_path / "stacks" / "web"
    inner.mkdir(parents=True)
    for project in (tmp_path, inner):
        (project / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
    (tmp_path / "bentos").mkdir()
    shared = Home(inner / ".modelport")
    assert shared.sources == tmp_path
    assert shared.bentoml == tmp_path / ".modelport" / "bentoml"
    work = tmp_path / ".modelport" / "evaluations" / "cancer" / ".work-1"
    assert Home(work).bentoml == work / "bentoml"


def test_an_unknown_bundle_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(BundleError) as caught:
        build(ROOT, Home(tmp_path), "brest_cancer", Gate())
    assert str(caught.value).startswith(
        "'brest_cancer' is no bundle of this project; did you mean 'breast_cancer'?; bundles: "
    )
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BundleError, match=r"bundles: none; add bentos/<name>/training.py"):
        bundle_folder(tmp_path, "any")


def test_a_bundle_without_service_or_with_an_odd_name(tmp_path: Path) -> None:
    write(tmp_path, "plain", "")
    (tmp_path / "bentos/plain/service.py").unlink()
    with pytest.raises(BundleError, match=r"bundle plain has no service.py"):
        bundle_folder(tmp_path, "plain")
    write(tmp_path, "Odd Name", "")
    with pytest.raises(BundleError, match="'Odd Name' cannot be a bundle's name"):
        bundle_folder(tmp_path, "Odd Name")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0", "own/training.py cannot be run: ZeroDivisionError: division by zero"),
        ("def", "own/training.py cannot be run: SyntaxError"),
        ("", "own/training.py declares no Training; end it with training = Training(...)"),
        (
            "from modelport.bundles import Training\n"
            "training = Training(task='regression', data=dict, pipeline=dict, folds=0)",
            "own/training.py: folds 0 is too small; write at least 2",
        ),
    ],
)
def test_a_broken_training_says_why(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BundleError) as caught:
        load_training(write(tmp_path, "own", text))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("loader", "message"),
    [
        ("dict", "the data loader of own returned dict, not a Dataset"),
        ("lambda: 1 / 0", "the data of own cannot be loaded: ZeroDivisionError: division by zero"),
    ],
)
def test_a_broken_loader_says_why(tmp_path: Path, loader: str, message: str) -> None:
    text = (
        "from modelport.bundles import Training\n"
        f"training = Training(task='regression', data={loader}, pipeline=dict)"
    )
    folder = write(tmp_path, "own", text)
    with pytest.raises(BundleError) as caught:
        load_data(folder, load_training(folder))
    assert str(caught.value) == message


def test_two_bundles_do_not_share_a_module(tmp_path: Path) -> None:
    text = (
        "from modelport.bundles import Training\n"
        "training = Training(task='regression', data=dict, pipeline=dict, seed={})"
    )
    for seed, name in enumerate(("one", "two")):
        assert load_training(write(tmp_path, name, text.format(seed))).seed == seed


def test_an_empty_store(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert list_bundles(home, "diabetes") == []
    assert newest(home, "diabetes") is None
    with pytest.raises(BundleError, match="bundle diabetes is not built; run: modelport build"):
        resolve(home, "diabetes", None, Gate())
    with pytest.raises(BundleError, match="diabetes@3f2a is not built here; versions: none"):
        find(home, "diabetes", "3f2a")


def test_a_prefix_must_mean_one_version(built: Home) -> None:
    record = newest(built, "diabetes")
    assert record
    assert resolve(built, "diabetes", record.version[:4], Gate()) == record
    with pytest.raises(BundleError, match=f"versions: {record.version}; check out"):
        find(built, "diabetes", "")


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_the_commit_of_sources(tmp_path: Path) -> None:
    bundle, other = tmp_path / "bundle", tmp_path / "other"
    for folder in (bundle, other):
        folder.mkdir()
        (folder / "file.py").write_text("1\n")
    assert source_commit((bundle,)) is None
    git(tmp_path, "init", "-q")
    assert source_commit((bundle,)) is None
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert source_commit((bundle,)) == commit
    (other / "file.py").write_text("2\n")
    assert source_commit((bundle,)) == commit
    assert source_commit((bundle, other)) == f"{commit}-dirty"
    (bundle / "new.py").write_text("1\n")
    assert source_commit((bundle,)) == f"{commit}-dirty"
    assert source_commit((other, ROOT)) == f"{commit}-dirty"
