"""Image rebuild: seconds of a build when only the model is another, beside the first build.

    .venv/bin/python -m bench.image_rebuild [--base-image NAME]

It needs Docker and a built bundle. The first build installs the bundle's packages; each turn then
changes a file of the bundle, as another version does, and builds again as `modelport image` does.
The result goes to `bench/results/image_rebuild.json`, and the tables of `bench/results/README.md`
are written anew.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from bench.report import RESULTS, write_tables
from bench.versions import conditions

from modelport.home import find_home
from modelport.images import build_image, bundle_store, write_context
from modelport.images.docker import docker
from modelport.operations.bundles import built_bundle

NAME = "modelport-bench/rebuild:1"


def main() -> None:
    """Build once, then again with another model each turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", default="breast_cancer")
    parser.add_argument("--base-image", default=None)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    home = find_home(own=True)
    record = built_bundle(home, arguments.bundle)
    begun = conditions()
    with tempfile.TemporaryDirectory(prefix="modelport-bench-") as name:
        folder = Path(name)
        write_context(home, record, folder, base_image=arguments.base_image)
        first, size = _build(folder)
        source = (
            bundle_store(folder) / "bentos" / record.name / record.version / "src" / "training.py"
        )
        seconds: list[float] = []
        for turn in range(arguments.rounds):
            source.write_text(f"# another model: {turn}\n")
            seconds.append(_build(folder)[0])
    docker(["image", "rm", "--force", NAME])
    again = statistics.median(seconds)
    result = {
        **begun,
        "rounds": arguments.rounds,
        "megabytes": round(size / 1_000_000),
        "seconds": {
            "first build": _spread([first]),
            "only the model is another": _spread(seconds),
        },
        "ratio_to_first": {"only the model is another": again / first},
    }
    (RESULTS / "image_rebuild.json").write_text(json.dumps(result, indent=2) + "\n")
    write_tables()


def _build(folder: Path) -> tuple[float, int]:
    """Seconds of a build, and the bytes of the image."""
    begun = time.perf_counter()
    built = build_image(folder, NAME, architecture="amd64", labels={})
    return time.perf_counter() - begun, built.size


def _spread(seconds: list[float]) -> dict[str, float]:
    return {"median": statistics.median(seconds), "min": min(seconds), "max": max(seconds)}


if __name__ == "__main__":
    main()
