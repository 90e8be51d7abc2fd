"""Connection: which cluster a provider instance talks to, and as whom."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml
from kubernetes import config as kubeconfigs
from kubernetes.client import ApiClient, Configuration
from kubernetes.config.config_exception import ConfigException
from urllib3.util import Retry

from modelport.cluster.objects import Object, entries, mapping, number, text
from modelport.cluster.problems import ClusterError, Unreachable

DEFAULT_PATH = "~/.kube/config"
_CONNECTIONS = 128
"""As many as calls of the engine at once."""
_ACCOUNT_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


@dataclass(frozen=True, slots=True)
class Connection:
    """A client of one cluster."""

    client: ApiClient
    address: str
    """Of the API server."""
    namespace: str
    """Where objects go that name no namespace."""
    timeout: float | None = None
    """Seconds for one answer, from `kubeClientSettings`; none: 60."""


def connect(config: Object) -> Connection:
    """The connection that the provider's config describes; nothing is sent yet.

    Looked for in this order: `kubeconfig` (a path or contents) in the config, `KUBECONFIG`,
    `~/.kube/config`, the service account of the pod that this runs in.

    Raises:
        ClusterError: the kubeconfig cannot be read, or lacks what is asked for.
        Unreachable: nothing is configured anywhere.
    """
    given = text(config, "kubeconfig")
    paths = os.environ.get("KUBECONFIG") or DEFAULT_PATH
    if given and not _is_path(given):
        content, source = _parsed(given), "kubeconfig"
    else:
        source = given or paths
        content = _merged(source)
    if content is None:
        if given:
            message = f"kubeconfig: there is no file {given!r}; give a path or the contents"
            raise ClusterError(message)
        return _in_cluster(config, paths)
    return _from_content(content, source, config)


def _from_content(content: Object, source: str, config: Object) -> Connection:
    named = text(config, "context") or text(content, "current-context")
    contexts = {text(item, "name"): item for item in entries(content, "contexts")}
    if named not in contexts:
        listed = ", ".join(sorted(contexts)) or "no contexts"
        wanted = f"context {named!r} is not in it" if named else "it names no current context"
        message = f"{source}: {wanted}; it has {listed}"
        raise ClusterError(message)
    if cluster := text(config, "cluster"):
        clusters = sorted(text(item, "name") for item in entries(content, "clusters"))
        if cluster not in clusters:
            message = f"{source}: cluster {cluster!r} is not in it; it has {', '.join(clusters)}"
            raise ClusterError(message)
        mapping(contexts[named], "context")["cluster"] = cluster
    configuration = Configuration()
    try:
        kubeconfigs.load_kube_config_from_dict(
            content, context=named, persist_config=False, client_configuration=configuration
        )
    except (ConfigException, OSError, ValueError, TypeError) as error:
        message = f"{source}: context {named!r} cannot be used: {str(error).rstrip('.')}"
        raise ClusterError(message) from error
    return _connection(
        configuration, text(mapping(contexts[named], "context"), "namespace"), config
    )


def _in_cluster(config: Object, paths: str) -> Connection:
    configuration = Configuration()
    try:
        kubeconfigs.load_incluster_config(client_configuration=configuration)
    except ConfigException as error:
        message = (
            f"no cluster is configured: there is no {paths} and this is no pod; set KUBECONFIG, "
            "or give the provider a kubeconfig"
        )
        raise Unreachable(message) from error
    try:
        namespace = _ACCOUNT_NAMESPACE.read_text().strip()
    except OSError:
        namespace = ""
    return _connection(configuration, namespace, config)


def _connection(configuration: Configuration, namespace: str, config: Object) -> Connection:
    settings = mapping(config, "kubeClientSettings")
    configuration.connection_pool_maxsize = _CONNECTIONS
    # Everything that is sent may be sent twice: apply, delete and what only reads.
    configuration.retries = Retry(
        connect=1, read=1, redirect=0, status=0, other=0, allowed_methods=None, backoff_factor=0.2
    )
    return Connection(
        client=ApiClient(configuration),
        address=str(configuration.host),
        namespace=text(config, "namespace") or namespace or "default",
        timeout=float(seconds) if (seconds := number(settings, "timeout")) else None,
    )


def _is_path(given: str) -> bool:
    """Contents have several lines or are JSON; a path has neither."""
    return "\n" not in given.strip() and not given.lstrip().startswith("{")


def _parsed(given: str) -> Object:
    try:
        content: object = yaml.safe_load(given)
    except yaml.YAMLError as error:
        message = "kubeconfig: the contents are no YAML; give a path or the contents of a file"
        raise ClusterError(message) from error
    if not isinstance(content, dict):
        message = "kubeconfig: the contents are no kubeconfig; it has clusters, users and contexts"
        raise ClusterError(message)
    return cast("Object", content)


def _merged(paths: str) -> Object | None:
    """One kubeconfig of all the files, earlier ones first; none when no file is there."""
    merged: Object | None = None
    for path in paths.split(os.pathsep):
        file = Path(path).expanduser()
        if not path or not file.is_file():
            continue
        try:
            content = _absolute(_parsed(file.read_text()), file.resolve().parent)
        except OSError as error:
            message = f"kubeconfig: {file} cannot be read: {error.strerror}"
            raise ClusterError(message) from error
        merged = content if merged is None else _added(merged, content)
    return merged


def _added(first: Object, more: Object) -> Object:
    result = dict(first)
    for part in ("clusters", "contexts", "users"):
        names = {text(item, "name") for item in entries(first, part)}
        result[part] = entries(first, part) + [
            item for item in entries(more, part) if text(item, "name") not in names
        ]
    result["current-context"] = text(first, "current-context") or text(more, "current-context")
    return result


def _absolute(content: Object, folder: Path) -> Object:
    """Paths in a kubeconfig are relative to it."""
    keys = {
        "clusters": ("cluster", ("certificate-authority",)),
        "users": ("user", ("client-certificate", "client-key", "tokenFile")),
    }
    for part, (inner, names) in keys.items():
        for item in entries(content, part):
            section = mapping(item, inner)
            for name in names:
                if path := text(section, name):
                    section[name] = str(folder / path)
    return content
