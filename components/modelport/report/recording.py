"""Recording: what the engine said in one preview, kept for reports; it never holds a secret."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from modelport.errors import ModelportError

FORMAT = "modelport-recording/1"
"""First field of the file; the number rises when older readers would misread it."""


class Model(BaseModel):
    """Base: frozen, and nothing unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Header(Model):
    """What was compared with what."""

    project: str
    """Name of the Pulumi project."""
    stack: str
    """Name of the stack."""
    environment: str | None = None
    """`dev`, `staging` or `prod`, when it is known."""
    offline: bool = False
    """Whether offline providers stood in for the platforms."""
    base: str
    """What the change is compared with, e.g. `commit 1a2b3c4 (origin/main)`."""
    head: str = "the files as they are"
    """What would be deployed."""
    limit_usd: float | None = None
    """Largest price of the stack in USD a month, `modelport:limits.monthly_usd`; none when it has
    no limit."""


class Change(Model):
    """One property that differs."""

    path: str
    """Path as the engine writes it, e.g. `ingress[0].cidrBlocks[1]`."""
    kind: Literal["add", "update", "delete"]
    """What happens to it."""
    replaces: bool = False
    """Whether the resource cannot be changed in place because of it."""
    old: Any = None
    """Value before; secrets and unknown values are marks."""
    new: Any = None
    """Value after."""


class Step(Model):
    """What happens to one resource."""

    urn: str
    """The engine's name of the resource."""
    type: str
    """Type token."""
    op: str
    """`create`, `update`, `replace`, `delete`, `same`, or another word of the engine's."""
    parent: str = ""
    """URN of what it belongs to; empty for the stack itself."""
    custom: bool = True
    """Whether a provider manages it; components are not."""
    provider: str = ""
    """Name of the provider's package, e.g. `aws`."""
    region: str = ""
    """Region of its provider where a price depends on it; empty when it is not known."""
    deletes_first: bool = False
    """Of a replacement: the old one goes before the new one is there."""
    replaced_for: tuple[str, ...] = ()
    """Properties that force the replacement."""
    protect_old: bool = False
    """Whether the engine was told to refuse its deletion."""
    protect_new: bool = False
    """Whether it will be."""
    retain_old: bool = False
    """Whether its deletion leaves the real thing alone."""
    retain_new: bool = False
    """Whether its deletion will."""
    old: Any = None
    """Inputs before; none for one that is created."""
    new: Any = None
    """Inputs after; none for one that is deleted."""
    releases: tuple[str, ...] = ()
    """Versions that were live before, the last one now; only servers of ours say so."""
    changes: tuple[Change, ...] = ()
    """Every property that differs."""
    turned_plain: tuple[str, ...] = ()
    """Paths where a secret became an ordinary value."""
    secrets: bool = False
    """Whether it has secret values."""
    depends_on: tuple[str, ...] = ()
    """URNs that it directly refers to or waits for."""
    references: Mapping[str, tuple[str, ...]] = {}
    """Those by top-level property."""

    @property
    def name(self) -> str:
        """The resource's name in the program, which may hold `::` as well."""
        return self.urn.split("::", 3)[-1]


class Finding(Model):
    """What one policy said."""

    pack: str
    """Name of the pack."""
    policy: str
    """Name of the rule."""
    level: str
    """`mandatory`, `advisory`, or another word of the engine's."""
    severity: str | None = None
    """`critical`, `high`, `medium` or `low`, when it is known."""
    message: str
    """What was said, without the rule's title."""
    urn: str | None = None
    """Resource that it is about."""


class Diagnostic(Model):
    """An error or a warning."""

    severity: Literal["error", "warning"]
    """How bad it is."""
    text: str
    """What was said; absolute paths are shortened."""
    urn: str | None = None
    """Resource that it is about."""


class Output(Model):
    """One output of the stack that changes."""

    name: str
    """Its name."""
    kind: Literal["add", "update", "delete"]
    """What happens to it."""
    old: Any = None
    """Value before."""
    new: Any = None
    """Value after."""


class Recording(Model):
    """One preview; everything is sorted, so that equal previews give equal files."""

    format: Literal["modelport-recording/1"] = FORMAT
    """Format and its version."""
    header: Header
    """What was compared."""
    complete: bool = True
    """Whether the preview came to its end; else the steps may be only some of them."""
    steps: tuple[Step, ...] = ()
    """All resources, also those that stay the same."""
    findings: tuple[Finding, ...] = ()
    """What policies said."""
    packs: tuple[str, ...] = ()
    """Policy packs that ran."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """Errors and warnings."""
    outputs: tuple[Output, ...] = ()
    """Outputs of the stack that change."""

    def save(self, path: Path) -> None:
        """Write the file; its folder is made when it is not there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.model_dump_json(indent=1, exclude_defaults=False) + "\n")


def load(path: Path) -> Recording:
    """Read a recording.

    Raises:
        ModelportError: there is no such file, it is damaged, or it is no recording.
    """
    try:
        text = path.read_text()
    except FileNotFoundError:
        message = f"{path.name}: no recording of a preview; run 'modelport preview' first"
        raise ModelportError(message) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is no text"
        raise ModelportError(f"{path.name}: {reason}") from None
    try:
        return Recording.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(key) for key in first["loc"]) or "the file"
        message = (
            f"{path.name}: not a recording of this version ({place}: {first['msg'].lower()}); "
            "run 'modelport preview' again"
        )
        raise ModelportError(message) from None
