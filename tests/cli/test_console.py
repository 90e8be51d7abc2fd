"""The console where nobody reads any more."""

import subprocess
import sys

PROGRAM = """
import sys
from modelport.cli.console import err, progress

with progress("up") as show:
    show("first", 0.1)
    sys.stdin.readline()
    show("second", 0.2)
    show("third", 0.3)
err.print("an error")
print("went on to the end")
"""


def test_a_reader_that_goes_away_ends_nothing() -> None:
    """As in `modelport up 2>&1 | head -1`: the engine waits for ever when its listener ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    assert process.stderr.readline() == "up: first\n"
    process.stderr.close()
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.read() == "went on to the end\n"
    assert process.wait(20) == 0
