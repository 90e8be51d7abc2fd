"""The rules of every resource type, by its token."""

from aws_arguments.rules import Rule
from aws_arguments.tables.apps import APPS
from aws_arguments.tables.balancers import BALANCERS
from aws_arguments.tables.data import DATA
from aws_arguments.tables.functions import FUNCTIONS
from aws_arguments.tables.identity import IDENTITY
from aws_arguments.tables.machines import MACHINES
from aws_arguments.tables.models import MODELS
from aws_arguments.tables.monitoring import MONITORING
from aws_arguments.tables.names import NAMES
from aws_arguments.tables.networks import NETWORKS

RULES: dict[str, Rule] = {
    **APPS,
    **BALANCERS,
    **DATA,
    **FUNCTIONS,
    **IDENTITY,
    **MACHINES,
    **MODELS,
    **MONITORING,
    **NAMES,
    **NETWORKS,
}
"""The same type under two tokens of the SDK has two entries."""
