"""Folder: the sources of an imported bundle, small enough to read and to change by hand."""

import json
from collections.abc import Sequence

from modelport.bundles.sources import EVALUATION_FILE, SERVICE_FILE, TRAINING_FILE
from modelport.bundles.table import Table
from modelport.bundles.training import Imported

_WIDTH = 100

_SERVICE = '''"""{title}: the service."""

from pathlib import Path

import bentoml

from modelport_serving.bento import Bundle

bundle = Bundle(Path(__file__).parent)


@bundle.serve
@bentoml.service(name="{name}")
class {cls}:
    """Answers by an imported model."""

    model = bundle.model

    def __init__(self) -> None:
        bundle.start(self.model)
'''

_TRAINING = '''"""{title}: an imported model, and the data that it is measured on."""

from pathlib import Path

from modelport.bundles import Imported, Table

HERE = Path(__file__).parent

training = Imported(
    task="{task}",
    model=HERE / "{model}",
    sha256="{sha256}",
    data=Table(
        HERE / "{data}",
        features={features},
        target={target},
{labels}    ),
{rest})
'''


def write_sources(name: str, model: str, training: Imported, table: Table) -> dict[str, bytes]:
    """The Python files of a bundle, by their names.

    Args:
        name: Bundle name.
        model: Name of the model's file in the folder.
        training: What is declared of the model.
        table: What is declared of its data.
    """
    title = name.replace("_", " ").capitalize()
    labels = f"        labels={_tuple(table.labels, 8)},\n" if table.labels else ""
    rest = ""
    if training.positive is not None:
        rest += f"    positive={_text(training.positive)},\n"
    if training.nullable:
        rest += "    nullable=True,\n"
    for key in ("trust", "requirements"):
        if getattr(training, key):
            rest += f"    {key}={_tuple(getattr(training, key), 4)},\n"
    declared = _TRAINING.format(
        title=title,
        task=training.task,
        model=model,
        sha256=training.sha256,
        data=EVALUATION_FILE,
        features=_tuple(table.features, 8),
        target=_text(table.target),
        labels=labels,
        rest=rest,
    )
    cls = "".join(part.capitalize() for part in name.split("_"))
    service = _SERVICE.format(title=title, name=name, cls=cls)
    return {TRAINING_FILE: declared.encode(), SERVICE_FILE: service.encode()}


def _text(value: str) -> str:
    """A string as Python writes it, in double quotes."""
    return json.dumps(value, ensure_ascii=False)


def _tuple(values: Sequence[str], indent: int) -> str:
    """A tuple of strings, on one line where it fits."""
    texts = [_text(value) for value in values]
    line = f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"
    if indent + len("requirements=") + len(line) < _WIDTH:
        return line
    inner = "".join(f"{' ' * (indent + 4)}{text},\n" for text in texts)
    return f"(\n{inner}{' ' * indent})"
