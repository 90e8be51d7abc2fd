"""Networks on AWS that exist already."""

from typing import Annotated

from pydantic import Field

from modelport.config.base import Model


class Network(Model):
    """A network of yours; left out, the deployment gets one of its own where it needs one."""

    vpc: Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8,17}$")]
    """Id of the VPC, e.g. `vpc-0a1b2c3d`."""
    subnets: Annotated[
        tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")], ...],
        Field(min_length=1, max_length=16),
    ]
    """Ids of private subnets for what runs the model, in at least two zones where it balances."""
    public_subnets: Annotated[
        tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")], ...],
        Field(max_length=16),
    ] = ()
    """Ids of public subnets for an internet-facing load balancer."""
