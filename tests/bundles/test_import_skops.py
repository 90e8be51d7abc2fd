"""Models in skops files: known types need no trust, others are listed and refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skops import io as skops_io

from bundles.imports import cancer, cancer_request, classifier
from modelport.bundles import build, import_model
from modelport.bundles.skops_file import read_skops
from modelport.config import Gate
from modelport.errors import BundleError
from modelport.home import Home


class Own:
    """A type that skops does not know."""


CONTENT = skops_io.dumps(classifier())


def test_a_skops_file_is_imported_and_built(tmp_path: Path) -> None:
    found = import_model(tmp_path, cancer_request(tmp_path, CONTENT, file="cancer.skops"))
    assert (found.name, found.model) == ("cancer", "Pipeline")
    record = build(tmp_path, Home(tmp_path / ".modelport"), "cancer", Gate())
    assert record.runtime == "onnx"
    assert record.lineage.imported
    assert record.lineage.imported.format == "skops"


def test_types_that_are_not_known_are_listed() -> None:
    content = skops_io.dumps([classifier(), Own()])
    with pytest.raises(BundleError) as caught:
        read_skops(content, "m.skops")
    name = f"{Own.__module__}.Own"
    assert str(caught.value).endswith(f"trust each of them: --trust {name}")
    assert isinstance(read_skops(content, "m.skops", (name,))[1], Own)
    with pytest.raises(BundleError, match=r"trust 'os\.system' names nothing in m\.skops"):
        read_skops(CONTENT, "m.skops", ("os.system",))


def test_it_answers_as_it_did() -> None:
    rows = cancer()[1]
    model: Any = read_skops(CONTENT, "m.skops")
    assert np.array_equal(model.predict(rows), classifier().predict(rows))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(CONTENT) - 1), st.integers(0, 255))
def test_a_damaged_file_is_one_sentence(place: int, value: int) -> None:
    content = bytearray(CONTENT)
    content[place] = value
    said = "m.skops cannot be read as a skops file"
    for damaged in (bytes(content), CONTENT[:place]):
        try:
            read_skops(damaged, "m.skops")
        except BundleError as error:
            said = str(error)
        assert said.startswith(("m.skops cannot be read as a skops file: ", "m.skops ")), said
