"""Shared provider: one for all of a program's deployments that go to the same place.

The engine starts a process for every provider that a program declares, and each has to be made
ready: a hundred of them take most of the time of a preview, and a lot of memory.
"""

from collections.abc import Callable
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.settings import get_root_resource

_MADE: WeakKeyDictionary[pulumi.Resource, dict[str, pulumi.ProviderResource]] = WeakKeyDictionary()
"""Providers by their name, of each stack that runs in this process."""


def shared_provider(
    name: str, make: Callable[[str], pulumi.ProviderResource]
) -> pulumi.ProviderResource:
    """The provider of this name in the program's stack.

    Args:
        name: Its name, which says everything that it is configured with.
        make: Declares it under that name, when it is not there yet.
    """
    root = get_root_resource()
    made = {} if root is None else _MADE.setdefault(root, {})
    if name not in made:
        made[name] = make(name)
    return made[name]
