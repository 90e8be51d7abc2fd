"""Nobody is told about models: neither a packet nor an identity of the machine is made."""

import os
import sys
from pathlib import Path
from typing import Any, cast

from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

from modelport.bundles.conversion import convert
from setup.island import Island

PREDICT = """
import sys, time
from pathlib import Path
from modelport_serving.onnx_model import OnnxModel
OnnxModel(Path(sys.argv[1]).read_bytes())
time.sleep(float(sys.argv[2]))
"""


def test_a_model_is_loaded_without_a_word_to_anybody(tmp_path: Path) -> None:
    features, target = cast("Any", load_breast_cancer(return_X_y=True))
    found = convert(
        LogisticRegression().fit(features[:, :2], target), features[:, :2], classifies=True
    )
    model = tmp_path / "model.onnx"
    model.write_bytes(found.content or b"")
    home = tmp_path / "home"
    home.mkdir()
    # Without CI's variables, which silence ONNX Runtime too.
    env = {"HOME": str(home), "PATH": os.environ["PATH"]}
    load = [sys.executable, "-B", "-c", PREDICT, str(model)]
    with Island(env) as island:
        done = island.run(*load, "1", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert set(island.tried().values()) == {0}
        assert list(home.iterdir()) == []
        # The same look does see one that talks.
        done = island.run("env", "ORT_DISABLE_TELEMETRY=0", *load, "0", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert list(home.iterdir()) != []
