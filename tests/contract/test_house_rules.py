"""House rules over all of the project's own code."""

import ast
import importlib
import pkgutil
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import modelport
import modelport_policies
import modelport_serving

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("components", "policies", "bentos", "stacks")
    for path in (ROOT / folder).rglob("*.py")
)

LAYERS = {
    "modelport.errors": 0,
    "modelport.files": 0,
    "modelport.home": 1,
    "modelport.config": 2,
    "modelport.bundles": 2,
    "modelport.engine": 3,
    "modelport.feasibility": 3,
    "modelport.prices": 2,
    "modelport.verify": 2,
    "modelport.cloud": 2,
    "modelport.sdk": 2,
    "modelport.containers": 3,
    "modelport.images": 3,
    "modelport.rollout": 3,
    "modelport.supervisor": 3,
    "modelport.live": 4,
    "modelport.plan": 4,
    "modelport.observability": 5,
    "modelport.provider": 5,
    "modelport.resources": 5,
    "modelport.sdk_provider": 6,
    "modelport.component": 6,
    "modelport.cluster": 7,
    "modelport.report": 7,
    "modelport.platforms": 8,
    "modelport.offline": 8,
    "modelport.conformance": 9,
    "modelport.endpoint_component": 9,
    "modelport.app_service": 10,
    "modelport.docker_service": 10,
    "modelport.gpu_vm_service": 10,
    "modelport.local_service": 10,
    "modelport.managed_endpoint": 10,
    "modelport.on_prem_k8s_service": 10,
    "modelport.serverless_predictor": 10,
    "modelport.stack": 11,
    "modelport.operations": 11,
    "modelport.cli": 12,
}
"""Imports go from a higher layer to a lower one, or stay inside a package."""


def package_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


def module_name(path: Path) -> str:
    relative = path.relative_to(ROOT).with_suffix("")
    parts = [part for part in relative.parts[1:] if part != "__init__"]
    return ".".join(parts)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    name = module_name(path)
    own = package_of(name)
    for imported in imports(path):
        target = package_of(imported)
        if name.startswith("modelport_serving"):
            assert not imported.startswith(("modelport.", "pulumi", "modelport_policies")), imported
        if name.startswith("modelport_policies"):
            assert not imported.startswith(("modelport.", "modelport_serving")), imported
        if own in LAYERS and target in LAYERS and own != target:
            assert LAYERS[target] < LAYERS[own], f"{name} imports {imported}"
        if own in {"modelport.config", "modelport.plan", "modelport.bundles", "modelport.errors"}:
            assert not imported.startswith("pulumi"), imported


def test_every_package_has_a_layer() -> None:
    found = {f"modelport.{item.name}" for item in pkgutil.iter_modules(modelport.__path__)}
    assert found == set(LAYERS)


def test_the_supervisor_needs_the_standard_library_alone() -> None:
    """Its process must start fast; the launcher runs elsewhere and may use more."""
    for name in ("__init__", "__main__", "control", "generation"):
        path = ROOT / "components/modelport/supervisor" / f"{name}.py"
        for imported in imports(path):
            top = imported.split(".")[0]
            assert top in importlib.import_module("sys").stdlib_module_names or imported.startswith(
                "modelport.supervisor"
            ), imported


@pytest.mark.parametrize("package", [modelport, modelport_serving, modelport_policies])
def test_public_names_are_sorted_and_there(package: object) -> None:
    names = getattr(package, "__all__", [])
    assert list(names) == sorted(names, key=lambda name: (name.startswith("__"), name))
    for name in names:
        assert getattr(package, name) is not None


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_fit_in_a_head(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


def test_every_test_file_is_collected() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        has_tests = re.search(r"^\s*(async )?def test_", path.read_text(), re.MULTILINE)
        assert not has_tests or path.name.startswith("test_"), path


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_no_tracked_file_names_a_path_of_one_machine_or_an_index() -> None:
    # Put together here, so that this file does not find itself.
    forbidden = [
        "/" + "root/",
        "/home" + "/",
        "pypi" + ".org",
        "pythonhosted" + ".org",
        "/work" + "/",
    ]
    for path in tracked():
        if not path.is_file():
            continue
        text = path.read_bytes().decode(errors="replace")
        for word in forbidden:
            assert word not in text, f"{path.relative_to(ROOT)} holds {word}"


def test_locks_hold_names_versions_and_hashes_only() -> None:
    for path in ROOT.glob("requirements*.lock"):
        text = path.read_text()
        assert "://" not in text
        pinned = re.findall(r"^([a-z0-9][a-z0-9._-]*)==", text, re.MULTILINE)
        assert pinned
        assert text.count("--hash=sha256:") >= len(pinned)
