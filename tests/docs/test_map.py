"""What docs/map.md names is there."""

import re

from docs.texts import ROOT, blocks, table

MAP = ROOT / "docs" / "map.md"
PLACES = (
    ROOT,
    ROOT / "docs",
    ROOT / "components/modelport",
    ROOT / "bentos",
    ROOT / "bentos/modelport_serving",
    ROOT / "bentos/breast_cancer",
)


def test_the_tree_is_there() -> None:
    folder = ROOT
    for line in blocks(MAP, "")[1].splitlines():
        name = line.split()[0]
        if "<" in name:
            continue
        path = (folder if line.startswith(" ") else ROOT) / name
        assert path.exists(), name
        if not line.startswith(" "):
            folder = path


def test_the_tree_holds_every_part_of_the_framework() -> None:
    named = set(re.findall(r"^  ([a-z0-9_]+)", blocks(MAP, "")[1], re.MULTILINE))
    framework = ROOT / "components" / "modelport"
    parts = {path.stem for path in framework.iterdir() if path.name[0] not in "_."}
    assert parts - named <= {"errors", "home", "py"}


def test_the_tasks_name_files_that_are_there() -> None:
    for _, files in table(MAP, "Task"):
        for name in re.findall(r"(?:^|`)([a-z_]+[/.][a-z_./]*)(?:`|$)", files):
            assert any((place / name).exists() for place in PLACES), name
