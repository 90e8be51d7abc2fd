"""Component: base of everything that a platform team composes."""

from collections.abc import Mapping
from typing import ClassVar

import pulumi

Fact = str | int | float


class Component(pulumi.ComponentResource):
    """A component whose plan's facts show in the preview's diff and reach the policies.

    Resource rules see a component's props, stack rules its registered outputs: facts go to both.
    """

    TYPE: ClassVar[str]
    """Type token: `modelport:index:` and the class name."""

    def __init__(
        self,
        name: str,
        facts: Mapping[str, Fact],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self._facts = dict(facts)
        super().__init__(self.TYPE, name, dict(facts), opts)

    def publish(self, **outputs: pulumi.Output[str]) -> None:
        """Register facts and outputs; the constructor's last statement."""
        self.register_outputs({**self._facts, **outputs})
