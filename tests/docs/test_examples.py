"""Links lead somewhere, and the examples of the docs work."""

import ast
import importlib
import json
import re
import runpy
from pathlib import Path

import pytest
import yaml

from docs.texts import ROOT, blocks, documents, name_of, prose
from modelport.config.stackfile import read_stack_file
from modelport.errors import ConfigError

README = ROOT / "README.md"
DOCUMENTS = documents()


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_to_files(path: Path) -> None:
    for link in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", prose(path)):
        if not re.match(r"[a-z]+:", link):
            target = link.partition("#")[0]
            assert (path.parent / target).exists(), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_json_examples_are_json(path: Path) -> None:
    for block in blocks(path, "json"):
        json.loads(block)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_yaml_examples_are_stack_files_that_load(path: Path, tmp_path: Path) -> None:
    for block in blocks(path, "yaml"):
        assert yaml.safe_load(block)
        if "modelport:deployments" in block:
            file = tmp_path / "Pulumi.example.yaml"
            file.write_text(block)
            read_stack_file(file)


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_python_examples_compile_and_import_what_is_there(path: Path) -> None:
    for block in blocks(path, "python"):
        tree = ast.parse(block)
        compile(tree, name_of(path), "exec")
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    importlib.import_module(alias.name)
            elif isinstance(node, ast.ImportFrom) and node.module:
                module = importlib.import_module(node.module)
                for alias in node.names:
                    assert hasattr(module, alias.name), f"{node.module}.{alias.name}"


def test_the_readme_shows_the_development_stack_as_it_is() -> None:
    shown = yaml.safe_load(blocks(README, "yaml")[0])
    assert shown["config"] == yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]


def test_the_readme_shows_the_error_as_it_is(tmp_path: Path) -> None:
    shown = re.findall(r"^error: (.*)$", README.read_text(), re.MULTILINE)
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(blocks(README, "yaml")[0].replace("target:", "taget:"))
    with pytest.raises(ConfigError) as refused:
        read_stack_file(file)
    assert shown == refused.value.problems[:1]


def test_the_tables_of_the_measurements_are_those_of_their_results() -> None:
    report = runpy.run_path(str(ROOT / "bench" / "report.py"))
    assert (ROOT / "bench" / "results" / "README.md").read_text() == report["tables"]()
