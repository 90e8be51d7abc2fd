"""Names as Kubernetes takes them."""

from typing import Annotated

from pydantic import Field

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
NamespaceName = Annotated[str, Field(pattern=rf"^{_LABEL}$")]
"""Name of a namespace: lower-case letters, digits and `-`, at most 63 characters."""
ObjectName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
"""Name of an object: lower-case letters, digits, `-` and `.`, at most 253 characters."""
HostName = Annotated[str, Field(pattern=rf"^{_LABEL}(\.{_LABEL})+$", max_length=253)]
"""Host name without a wildcard, e.g. `cancer.example.com`."""
LabelKey = Annotated[
    str,
    Field(pattern=r"^([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$"),
]
"""Key of a label, e.g. `release` or `example.com/team`."""
LabelValue = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$")]
"""Value of a label: letters, digits, `-`, `_` and `.`, at most 63 characters."""
