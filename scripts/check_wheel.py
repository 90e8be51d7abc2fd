"""Wheel check: build the wheel, install it into a clean environment, look at what it brings."""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BROUGHT = ("modelport", "modelport_policies", "modelport_serving")
FOREIGN = ("bench", "bentos", "components", "config", "policies", "scripts", "stacks", "tests")
"""Generic names that must not become importable by installing this project."""
DATA = (
    "modelport/py.typed",
    "modelport/engine/modules/cli/go.sum",
    "modelport/offline/azure_paths.tsv",
    "modelport/sdk_provider/tables/replacement_aws.json",
)

_LOOK = """
import importlib.util, sys
brought, foreign = sys.argv[1].split(","), sys.argv[2].split(",")
for name in brought:
    __import__(name)
    assert ROOT not in sys.modules[name].__file__, f"{name} comes from the clone"
leaked = [name for name in foreign if importlib.util.find_spec(name)]
assert not leaked, f"importable, and must not be: {', '.join(leaked)}"
"""


def main() -> int:
    """Check the wheel; the exit status."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build(folder)
        clean = folder / "clean"
        venv.create(clean, with_pip=False)
        uv("install", "--no-deps", str(wheel), "--python", str(clean / "bin" / "python"))
        site = next((clean / "lib").glob("python*/site-packages"))
        missing = [path for path in DATA if not (site / path).is_file()]
        if missing:
            sys.stderr.write(f"error: the wheel misses {', '.join(missing)}\n")
            return 1
        # Dependencies come from the development environment: the wheel must stand without the
        # clone, and downloading half a gigabyte again would prove nothing more.
        dependencies = next((ROOT / ".venv" / "lib").glob("python*/site-packages"))
        (site / "dependencies.pth").write_text(f"{dependencies}\n")
        script = f"ROOT = {str(ROOT / 'components')!r}\n{_LOOK}"
        command = [
            str(clean / "bin" / "python"),
            "-c",
            script,
            ",".join(BROUGHT),
            ",".join(FOREIGN),
        ]
        looked = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)
        if looked.returncode != 0:
            sys.stderr.write(f"error: {looked.stderr.strip().splitlines()[-1]}\n")
            return 1
    print(f"wheel ok: {wheel.name}")
    return 0


def build(folder: Path) -> Path:
    """Build the wheel into `folder`."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    if built.returncode != 0:
        raise SystemExit(f"error: the wheel does not build\n{built.stderr}")
    return next(folder.glob("*.whl"))


def uv(*arguments: str) -> None:
    """Run `uv pip` of the development environment."""
    subprocess.run([str(ROOT / ".venv" / "bin" / "uv"), "--quiet", "pip", *arguments], check=True)


if __name__ == "__main__":
    raise SystemExit(main())
