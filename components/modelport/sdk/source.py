"""Source of an SDK: single classes and functions, cut out of its files and parsed."""

import ast
import re
from functools import lru_cache
from pathlib import Path

from modelport.sdk import packages, syntax

_NEXT = re.compile(r"^(?:class |def |@|if )", re.MULTILINE)
_IMPORT = re.compile(r"^from (\.+)(\S*) import (\w+)(?: as (\w+))?$", re.MULTILINE)


def file_of(module: str) -> Path:
    """The file of a module, e.g. `pulumi_aws.lambda_._inputs`; it need not be there."""
    return _place(module).with_suffix(".py")


def folder_of(module: str) -> Path:
    """The folder of a module that is a package, e.g. `pulumi_aws.lambda_`."""
    return _place(module)


# The largest file has 6 MB; many nested types of one module are read one after another.
@lru_cache(maxsize=8)
def text(path: Path) -> str:
    """Content of a source file; empty when there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def has_class(module: str, name: str) -> bool:
    """Whether the module's file defines the class."""
    return _start(text(file_of(module)), f"class {name}") >= 0


def class_of(path: Path, name: str) -> ast.ClassDef | None:
    """The class `name` of a file, parsed; none when there is none."""
    node = _definition(path, f"class {name}")
    return node if isinstance(node, ast.ClassDef) else None


def function_of(path: Path, name: str) -> ast.FunctionDef | None:
    """The function `name` of a file, parsed; none when there is none."""
    node = _definition(path, f"def {name}")
    return node if isinstance(node, ast.FunctionDef) else None


@lru_cache(maxsize=256)
def imports(path: Path, package: str) -> dict[str, str]:
    """Names that a file imports relatively to `package`, with the modules they stand for."""
    found: dict[str, str] = {}
    head = text(path).partition("\nclass ")[0]
    for match in _IMPORT.finditer(head):
        dots, below, name, alias = match.groups()
        base = package.split(".")
        base = base[: len(base) - len(dots) + 1]
        found[alias or name] = ".".join([*base, *filter(None, [below]), name])
    return found


def _place(module: str) -> Path:
    top, *below = module.split(".")
    return packages.folder(packages.package_of_ref(top)).joinpath(*below)


def _start(content: str, head: str) -> int:
    """Where a top-level definition begins; -1 when there is none."""
    at = content.find(f"\n{head}")
    while at >= 0 and not content.startswith((":", "("), at + 1 + len(head)):
        at = content.find(f"\n{head}", at + 1)  # that was a longer name
    return at + 1 if at >= 0 else -1


def _definition(path: Path, head: str) -> ast.stmt | None:
    content = text(path)
    start = _start(content, head)
    if start < 0:
        return None
    following = _NEXT.search(content, start + 1)
    end = following.start() if following else len(content)
    try:
        return syntax.module(content[start:end]).body[0]
    except SyntaxError:
        # A line of its documentation begins like a definition; the whole file is slower to parse.
        name = head.split()[1]
        for node in syntax.module(content).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
                return node
        return None
