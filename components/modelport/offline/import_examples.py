"""Import examples: what an installed SDK's documentation says about ids of a type.

The documentation of aws and gcp shows for nearly every type how one that exists is imported:
`pulumi import aws:lb/loadBalancer:LoadBalancer bar arn:aws:elasticloadbalancing:…`.
"""

import re
from functools import cache

from modelport.offline.subject import snake
from modelport.sdk import UnknownTokenError, packages, source


@cache
def import_examples(token: str) -> tuple[str, ...]:
    """Ids that the documentation shows for a type, in its order; none when it shows none."""
    try:
        listed = packages.tokens(packages.package_of(token)).get(token)
    except UnknownTokenError:
        return ()
    if listed is None:
        return ()
    module, _, name = listed.partition(":")
    folder = source.folder_of(module)
    content = source.text(folder / f"{snake(name)}.py") or source.text(folder / f"{name}.py")
    found = re.findall(rf"pulumi import {re.escape(token)} \S+ (\S.*)", content)
    return tuple(dict.fromkeys(example.strip().strip("'\"`") for example in found))
