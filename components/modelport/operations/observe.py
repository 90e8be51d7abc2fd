"""Observe: rules, a dashboard and what to scrape as files, for a Prometheus without an operator."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from modelport.config import Deployment, LocalTarget
from modelport.config.targets.docker import DockerTarget
from modelport.config.targets.kubernetes import KubernetesTarget
from modelport.errors import ConfigError, ServiceError
from modelport.home import Home
from modelport.observability import Watched, dashboard, rule_groups
from modelport.observability.scraping import adapter_rules, scrape_address, scrape_pods
from modelport.operations.inspect import read_key
from modelport.operations.session import check_config
from modelport.plan import REVISION_ROOM
from modelport.plan.access import auth_of
from modelport.plan.names import physical_name
from modelport.platforms.kubernetes.names import INSTANCE, PORT_NAME, REVISION
from modelport.provider.local_files import write_private

RULES, DASHBOARD, SCRAPE = "rules.yaml", "dashboard.json", "scrape.yaml"
ADAPTER = "prometheus-adapter.yaml"
KEY_FILE = "metrics-key"
"""File beside the deployment's others: the key alone, as Prometheus reads it."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What was written."""

    files: list[str]
    key_file: str | None
    """File with the key that Prometheus sends; none where it needs none."""
    has_key: bool
    """Whether the key is in it: that of a deployment that was made from here is."""


def observe(home: Home, stack: str, name: str, folder: Path) -> Observed:
    """Write what Prometheus and Grafana need to watch a deployment.

    Args:
        home: The project's home.
        stack: Stack name.
        name: Deployment name.
        folder: Where to write; made when it is not there.

    Raises:
        ConfigError: the stack's file is not valid, or Prometheus could not scrape such a
            deployment.
        ServiceError: the folder cannot be written.
    """
    config = check_config(home, stack).deployments[name]
    refused = _refusal(config)
    if refused:
        raise ConfigError([f"{name}: {refused}"])
    room = REVISION_ROOM if isinstance(config.target, KubernetesTarget) else 0
    job = physical_name(config.kind, name, stack, room=room)
    key_file = _key_file(home, stack, name) if auth_of(config) == "api_key" else None
    documents = _documents(name, job, config, str(key_file) if key_file else None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, document in documents.items():
            (folder / file).write_text(_text(file, document))
    except OSError as error:
        raise ServiceError(f"{folder}: {error.strerror}") from None
    return Observed(
        [str(folder / file) for file in documents],
        str(key_file) if key_file else None,
        key_file is not None and key_file.is_file(),
    )


def _documents(
    name: str, job: str, config: Deployment, key_file: str | None
) -> dict[str, Mapping[str, Any]]:
    target = config.target
    found: dict[str, Mapping[str, Any]] = {}
    sleeps = False
    if isinstance(target, KubernetesTarget):
        sleeps = target.replicas.min == 0
        labels = (INSTANCE, REVISION)
        found[SCRAPE] = scrape_pods(job, target.namespace or job, labels, PORT_NAME, key_file)
        if target.autoscaling and not target.autoscaling.keda:
            found[ADAPTER] = adapter_rules()
    else:
        found[SCRAPE] = scrape_address(job, _address(config), key_file)
    watched = Watched(job, name, config.owner, config.slo, sleeps=sleeps)
    return {RULES: rule_groups(watched), DASHBOARD: dashboard(watched), **found}


def _refusal(config: Deployment) -> str:
    target = config.target
    if not isinstance(target, LocalTarget | DockerTarget | KubernetesTarget):
        return (
            f"target.kind {config.kind}: its instances have no address that Prometheus could "
            "scrape, and it has alarms and a dashboard of its platform's; kinds that can be "
            "scraped are kubernetes, docker and local"
        )
    if isinstance(target, DockerTarget) and target.replicas > 1:
        return (
            f"target.replicas {target.replicas}: one address leads to every container, and each "
            "counts for itself, so a scrape would find another one's numbers; write replicas: 1"
        )
    if config.oidc:
        return (
            "auth oidc: Prometheus has no token to prove itself with; write auth: api_key, or "
            "scrape through something that fetches one"
        )
    return ""


def _address(config: Deployment) -> str:
    target = config.target
    if isinstance(target, LocalTarget | DockerTarget):
        host = target.host if isinstance(target, LocalTarget) else target.bind
        return f"[{host}]:{target.port}" if ":" in host else f"{host}:{target.port}"
    raise TypeError(config.kind)


def _key_file(home: Home, stack: str, name: str) -> Path:
    """The key as Prometheus reads it, written where the deployment was made from here."""
    folder = home.deployment(stack, name)
    key = read_key(folder)
    if key is not None:
        write_private(folder / KEY_FILE, key)
    return (folder / KEY_FILE).absolute()


def _text(file: str, document: Mapping[str, Any]) -> str:
    if file == DASHBOARD:
        return json.dumps(document, indent=2) + "\n"
    return yaml.safe_dump(dict(document), sort_keys=False, width=100)
