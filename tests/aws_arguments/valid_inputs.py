"""Inputs of every type that AWS takes, by token, as a state holds them."""

from typing import Any

from aws_arguments.valid_apps import APPS
from aws_arguments.valid_networks import NETWORKS
from aws_arguments.valid_services import SERVICES

INPUTS: dict[str, dict[str, Any]] = {**SERVICES, **APPS, **NETWORKS}
