"""docs/policies.md: written from the rules, and not stale."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_not_stale() -> None:
    program = [sys.executable, str(ROOT / "scripts" / "policy_docs.py"), "--check"]
    ran = subprocess.run(program, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
