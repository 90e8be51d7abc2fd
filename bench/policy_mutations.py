"""Mutation testing of the policy rules: how many small mistakes in them their tests find.

    python -m bench.policy_mutations [--every N] [MODULE...]

Each mutant is one change of one rule or of what rules share: a comparison turned round, a number
moved, a word changed, a condition negated. It runs in a process of its own, against the tests that
every rule has; for what rules share, also against the tests that were written by hand. A mutant
that no test notices has survived. Texts that people read are left alone, and so are the examples.

Libraries for this (mutmut, cosmic-ray) change functions only, or start Python anew for each of
thousands of mutants; most of a rule here is data in a module.
"""

import ast
import contextlib
import importlib
import importlib.abc
import importlib.util
import io
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence, Set
from copy import deepcopy
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, cast

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "policies" / "modelport_policies"
RESULTS = ROOT / "bench" / "results" / "policy_mutations.json"
NO_RULES = ("__init__.py", "sagemaker_variants.py", "policy_documents.py")
"""Lists of rules, and what only examples are made of; `docker/` has rules in its own."""
SECONDS = 120
TOLD = frozenset(
    {"title", "rationale", "fix", "sources", "id", "severity", "levels", "parameters", "rule_id"}
)
EXAMPLES = frozenset({"passes", "fails", "also_passes", "also_fails", "reads", "right", "wrong"})
BY_HAND = (
    "shared", "values", "secret_words", "pack", "rules", "workloads", "catalogue", "properties",
)  # fmt: skip
_VERDICTS = {"passes": "fails", "fails": "passes"}
_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


def mutants(tree: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    """Every mutant of a module, with the place and the change in words."""
    unused = _for_examples(tree)
    for number, (node, words) in enumerate(_places(tree, unused)):
        copy = deepcopy(tree)
        twin, _ = list(_places(copy, unused))[number]
        _change(twin)
        yield f"line {getattr(node, 'lineno', 0)}: {words}", ast.fix_missing_locations(copy)


def _for_examples(tree: ast.Module) -> set[str]:
    """Names of the module that only examples use: they are no part of a rule."""
    defined = {name: node for node in tree.body for name in _names(node) if name.startswith("_")}
    used, left = set[str](), [node for node in tree.body if not _names(node) & set(defined)]
    while left:
        found = {item.id for item in _without_examples(left.pop()) if isinstance(item, ast.Name)}
        left += [defined[name] for name in (found - used) & set(defined)]
        used |= found
    return set(defined) - used


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else []
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return {
        item.id for target in targets for item in ast.walk(target) if isinstance(item, ast.Name)
    }


def _without_examples(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.keyword) and child.arg in EXAMPLES):
            yield from _without_examples(child)


def _places(node: ast.AST, unused: Set[str]) -> Iterator[tuple[ast.AST, str]]:
    if isinstance(node, ast.stmt) and _names(node) and _names(node) <= unused:
        return
    words = _words(node)
    if words:
        yield node, words
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_text(node, name, child):
                yield from _places(child, unused)


def _is_text(parent: ast.AST, name: str, child: ast.AST) -> bool:
    """Whether it is what people read, an example, an annotation or a docstring."""
    if isinstance(child, ast.keyword) and child.arg in TOLD | EXAMPLES:
        return True
    if isinstance(child, ast.JoinedStr) or name in ("annotation", "returns", "decorator_list"):
        return True
    if isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "cast":
        return isinstance(child, ast.Constant)  # a type's name
    if isinstance(parent, ast.Subscript) and getattr(parent.value, "id", "") == "Literal":
        return True
    return isinstance(parent, ast.Expr) and isinstance(child, ast.Constant)


def _words(node: ast.AST) -> str:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _TURNED:
        return f"{type(node.ops[0]).__name__} turned round"
    if isinstance(node, ast.BoolOp):
        return "and for or" if isinstance(node.op, ast.Or) else "or for and"
    if isinstance(node, ast.If | ast.IfExp):
        return "condition negated"
    if isinstance(node, ast.Continue):
        return "break for continue"
    if isinstance(node, ast.Constant):
        value = node.value
        if value in _VERDICTS:
            return f"{_VERDICTS[value]} for {value}"
        if isinstance(value, bool):
            return f"{not value} for {value}"
        if isinstance(value, int | float):
            return f"{value + 1} for {value}"
        if isinstance(value, str) and value and " " not in value and not value.startswith("_"):
            return f"'{value[:40]}' changed"
    return ""


def _change(node: ast.AST) -> None:
    if isinstance(node, ast.Compare):
        node.ops[0] = _TURNED[type(node.ops[0])]()
    elif isinstance(node, ast.BoolOp):
        node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
    elif isinstance(node, ast.If | ast.IfExp):
        node.test = ast.UnaryOp(op=ast.Not(), operand=node.test)
    elif isinstance(node, ast.Continue):
        # In place: the tree around it stays as it is.
        node.__class__ = ast.Break  # type: ignore[assignment]
    elif isinstance(node, ast.Constant):
        value = node.value
        if value in _VERDICTS:
            node.value = _VERDICTS[value]
        elif isinstance(value, bool):
            node.value = not value
        elif isinstance(value, int | float):
            node.value = value + 1
        else:
            node.value = f"{value}x"


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the mutant in place of its module."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        del path, target
        if fullname != self.name:
            return None
        is_package = self.path.name == "__init__.py"
        places = [str(self.path.parent)] if is_package else None
        return importlib.util.spec_from_file_location(
            fullname, self.path, loader=self, submodule_search_locations=places
        )

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.tree, str(self.path), "exec"), module.__dict__)  # noqa: S102


def is_noticed(name: str, path: Path, tree: ast.Module) -> bool:
    """Whether a test fails when the module is the mutant; a process of its own decides."""
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)  # ends it, which counts as noticed
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        sys.meta_path.insert(0, _Finder(name, path, tree))
        noticed = True
        with contextlib.suppress(BaseException):
            noticed = _tests_fail(name, shared=path.parent == PACKAGE)
        os._exit(1 if noticed else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def _tests_fail(name: str, *, shared: bool) -> bool:
    """Whether a test fails; where no rule stands, those written by hand are asked first."""
    if not shared:
        return _fails_by_rule(name)
    if _rules_of(name):
        return _fails_by_rule(name) or any(map(_fails_by_hand, BY_HAND))
    return any(map(_fails_by_hand, BY_HAND)) or _fails_by_rule(name)


def _fails_by_rule(name: str) -> bool:
    modules = [importlib.import_module(f"policies_tests_{alias}") for alias in _FILES]
    own, (every, *_) = _rules_of(name), modules
    tests = [
        test
        for module in modules
        for key, test in vars(module).items()
        if key.startswith("test_") and key not in _ALONE
    ]
    for rule in [rule for rule in every.RULES if not own or rule.id in own]:
        for test in tests:
            try:
                test(rule)
            except BaseException:
                return True
    return False


def _fails_by_hand(item: str) -> bool:
    import pytest

    file = str(ROOT / "tests" / "policies" / f"test_{item}.py")
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-n", "0"]
    with contextlib.redirect_stdout(io.StringIO()):
        return bool(pytest.main([*options, "-m", "not engine", file]))


def _rules_of(name: str) -> set[str]:
    """Names of the rules of a module; none when it has none, and all rules may use it."""
    listed = [
        value for value in vars(importlib.import_module(name)).values() if type(value) is tuple
    ]
    return {
        rule.id
        for rules in listed
        for rule in cast("tuple[Any, ...]", rules)
        if type(rule).__name__ == "Rule"
    }


def _prepare() -> None:
    """Import what is slow once, and none of the rules."""
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "policies"), str(ROOT / "components")]
    for name in ("pytest", "hypothesis", "jsonschema", "pulumi_policy", "modelport.sdk"):
        importlib.import_module(name)
    for alias, file in _FILES.items():
        path = ROOT / "tests" / "policies" / f"test_{file}.py"
        _ALIASES[f"policies_tests_{alias}"] = path
    sys.meta_path.insert(0, _Tests())


_ALONE = frozenset(
    {"test_the_record_can_be_written", "test_cases_are_of_rules", "test_lists_are_of_rules"}
)
"""Tests that are not asked rule by rule."""
_FILES = {
    "every": "every_rule",
    "types": "types",
    "record": "demands_on_record",
    "cases": "cases",
    "lists": "lists",
}
_ALIASES: dict[str, Path] = {}


class _Tests(importlib.abc.MetaPathFinder):
    """Test files by names of their own, for tests/policies and policies are called alike."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        del path, target
        file = _ALIASES.get(fullname)
        return importlib.util.spec_from_file_location(fullname, file) if file else None


def _keep(tried: dict[str, dict[str, Any]], every: int) -> None:
    """Write the results of these modules beside those of the others."""
    known: dict[str, dict[str, Any]] = {}
    if RESULTS.is_file():
        known = json.loads(RESULTS.read_text())["by"]
    new: dict[str, dict[str, Any]] = {
        name: {**item, "every": every} for name, item in tried.items()
    }
    by: dict[str, dict[str, Any]] = dict(sorted((known | new).items()))
    total = sum(item["mutants"] for item in by.values())
    left = sum(len(item["survived"]) for item in by.values())
    score = round(100 * (total - left) / total, 1) if total else 0
    told = {"score_percent": score, "mutants": total, "by": by}
    RESULTS.write_text(json.dumps(told, indent=1) + "\n")


def main(arguments: Sequence[str]) -> int:
    """Try every mutant, or every N-th; write the score and those that survived."""
    every, wanted = 1, list(arguments)
    if "--every" in wanted:
        place = wanted.index("--every")
        every = int(wanted[place + 1])
        del wanted[place : place + 2]
    _prepare()
    started, tried = time.monotonic(), dict[str, dict[str, Any]]()
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name in NO_RULES and path.parent.name != "docker":
            continue
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(["modelport_policies", *(part for part in parts if part != "__init__")])
        if wanted and name.split(".", 1)[-1] not in wanted:
            continue
        found = list(mutants(ast.parse(path.read_text())))[::every]
        survived = [words for words, tree in found if not is_noticed(name, path, tree)]
        if found:
            tried[name] = {"mutants": len(found), "survived": survived}
            print(f"{name}: {len(found) - len(survived)} of {len(found)}", flush=True)
            for words in survived:
                print(f"    {words}", flush=True)
    total = sum(item["mutants"] for item in tried.values())
    left = sum(len(item["survived"]) for item in tried.values())
    score = 100 * (total - left) / total if total else 0
    seconds = time.monotonic() - started
    print(f"{total - left} of {total} mutants noticed: {score:.1f} %, {seconds:.0f} s")
    _keep(tried, every)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
