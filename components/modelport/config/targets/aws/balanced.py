"""What kinds on AWS with a domain or a load balancer share."""

from typing import Annotated

from pydantic import Field

from modelport.config.targets.aws.network import Network
from modelport.config.targets.base import Scaled


class Named(Scaled):
    """A kind that can have a domain of yours."""

    hosted_zone: Annotated[str, Field(pattern=r"^Z[0-9A-Z]{5,31}$")] | None = None
    """Id of the public Route 53 zone that holds `domain`: the certificate is validated, and the
    name is set, there."""
    certificate: (
        Annotated[
            str,
            Field(pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-zA-Z-]+$"),
        ]
        | None
    ) = None
    """A certificate of ACM for `domain` in the target's region; left out, one is made, which needs
    `hosted_zone`."""


class Balanced(Named):
    """A kind behind an Application Load Balancer."""

    network: Network | None = None
    """Subnets of yours; left out, the deployment gets a network of its own with two zones."""
    callers: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}$")], ...],
        Field(max_length=50),
    ] = ()
    """IPv4 ranges that may call, e.g. `10.0.0.0/8`; left out, the network's own range when
    `exposure` is private, and every address when it is public."""
