"""Stack: the program of a stack, from its config to its outputs."""

import asyncio
import gc
import re
import signal
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from modelport import platforms
from modelport.bundles import resolve
from modelport.cloud.credentials import require_credentials
from modelport.config import TARGETS, StackConfig, parse
from modelport.config.stackfile import NAMESPACE
from modelport.endpoint_component import EndpointComponent
from modelport.engine.guard import refuse_mixture
from modelport.errors import ConfigError, ModelportError
from modelport.home import RESERVED, Home, find_home
from modelport.plan import PlanContext
from modelport.platforms.endpoint import given
from modelport_serving.record import BundleRecord

_COLLECT_AFTER = 50_000
"""Objects that are made before Python looks for garbage; a hundred deployments make a million."""


def deploy() -> None:
    """Load the stack's config, plan everything, then declare its components and outputs.

    Raises:
        pulumi.RunError: with every reason at once; nothing was registered then.
    """
    # On a violation the engine interrupts the program and waits for it; Python's own handler
    # would let a thread go on for seconds.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # All that is declared is kept until the end: to look for garbage often finds none.
    gc.set_threshold(_COLLECT_AFTER)
    try:
        home = find_home()
        refuse_mixture(home)
        _deploy(home)
    except ModelportError as error:
        raise pulumi.RunError(str(error)) from None


def load(home: Home, stack: str) -> StackConfig:
    """The stack's config, as the engine hands it to the program.

    Raises:
        ConfigError: every mistake, with its line in the stack file where it came from one.
    """
    if stack in RESERVED:
        raise ConfigError([f"a stack may not be called '{stack}': .modelport/{stack} is taken"])
    config = pulumi.Config(NAMESPACE)
    values: dict[str, Any] = {}
    for key in {**get_config_env(), **CONFIG.get()}:
        space, _, name = key.partition(":")
        if space == NAMESPACE:
            values[name] = _value(config, name)
    return parse(values, _stack_file(home, stack))


def _value(config: pulumi.Config, name: str) -> object:
    try:
        return config.get_object(name)
    except pulumi.ConfigTypeError:
        return config.get(name)  # a plain word is not JSON


def _stack_file(home: Home, stack: str) -> Path | None:
    path = home.project / f"Pulumi.{stack}.yaml"
    return path if path.is_file() else None


def _deploy(home: Home) -> None:
    stack = pulumi.get_stack()
    config = load(home, stack)
    context = PlanContext(stack=stack, environment=config.environment)
    if not home.offline:
        require_credentials(item.kind for item in config.deployments.values())
    records = _plan_all(home, config, context)
    pulumi.run(lambda: _declare(config, context, records))


async def _declare(
    config: StackConfig, context: PlanContext, records: dict[str, BundleRecord]
) -> None:
    """Declare every deployment, each while the engine is busy with those before."""
    for name, deployment in config.deployments.items():
        component = component_of(deployment.kind)
        endpoint = component(name, deployment, record=records[name], context=context)
        pulumi.export(
            name,
            {
                "kind": deployment.kind,
                "url": endpoint.url,
                "bundle": records[name].name,
                "version": endpoint.version,
                "call": endpoint.call,
                "log": endpoint.log,
                "verified": endpoint.verified,
                "releases": endpoint.releases,
                "revision": endpoint.revision,
                "names": dict(endpoint.names),
                **({"key": endpoint.key} if endpoint.key is not None else {}),
                **({"oidc": given(deployment.oidc)} if deployment.oidc else {}),
            },
        )
        # What was declared is sent now. The SDK waits for what is under way with work that grows
        # with its square, if nothing was sent before the program ends.
        await asyncio.sleep(0)


def component_of(kind: str) -> type[EndpointComponent]:
    """The component that makes a kind of target; it is in the module of its name."""
    name = TARGETS[kind].COMPONENT
    module = import_module(f"modelport.{re.sub('(?<=[a-z])(?=[A-Z])', '_', name).lower()}")
    return cast("type[EndpointComponent]", getattr(module, name))


def _plan_all(home: Home, config: StackConfig, context: PlanContext) -> dict[str, BundleRecord]:
    """Plan every deployment before the first one is declared, and report all refusals at once."""
    records: dict[str, BundleRecord] = {}
    refusals: list[str] = []
    monthly = 0.0
    for name, deployment in config.deployments.items():
        try:
            record = resolve(
                home, deployment.bundle_name, deployment.bundle_version, deployment.gate
            )
            monthly += platforms.plan(name, deployment, record, context).monthly_usd
            records[name] = record
        except ModelportError as error:
            refusals.append(str(error))
    limit = config.limits.monthly_usd
    if limit is not None and monthly > limit:
        refusals.append(
            f"the stack costs {monthly:.2f} USD a month, over modelport:limits.monthly_usd "
            f"({limit:.2f})"
        )
    if refusals:
        raise ModelportError("\n".join(refusals))
    return records
