"""Login: user and password for a registry, from the credentials that the cloud is used with.

    ecr                GetAuthorizationToken, good for 12 hours
    artifact_registry  an access token of Google's for the user oauth2accesstoken
    acr                an Entra token, exchanged at the registry for one of its own
    heroku             HEROKU_API_KEY
    docker             what `docker login` has left in the user's own configuration

Sources: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html,
https://cloud.google.com/artifact-registry/docs/docker/authentication#token,
https://azure.github.io/acr/AAD-OAuth.html,
https://devcenter.heroku.com/articles/container-registry-and-runtime.
"""

import base64
import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import httpx

from modelport.errors import ServiceError

RegistryKind = Literal["ecr", "artifact_registry", "acr", "heroku", "docker"]
"""How to sign in."""

_ECR = re.compile(r"\d{12}\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_ACR_USER = "00000000-0000-0000-0000-000000000000"
"""Says that the password is a token."""
_HUB_KEY = "https://index.docker.io/v1/"
_HUB = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})


@dataclass(frozen=True, slots=True)
class Login:
    """How to sign in to one registry."""

    user: str
    password: str = field(repr=False)


def write_login(file: Path, host: str, login: Login) -> None:
    """Write a login for a host as Docker's configuration has it, readable by its owner alone."""
    secret = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    file.touch(mode=0o600)
    file.write_text(json.dumps({"auths": {host: {"auth": secret}}}))


def login(kind: RegistryKind, repository: str) -> Login | None:
    """Sign in to the registry of a repository.

    Args:
        kind: Whose registry it is.
        repository: Registry and path, e.g. `europe-west1-docker.pkg.dev/project/images/cancer`.

    Returns:
        None where `docker` knows no login: the registry may need none.

    Raises:
        ServiceError: there are no credentials, or they were refused.
    """
    host = repository.partition("/")[0]
    if kind == "ecr":
        return _ecr(host)
    if kind == "artifact_registry":
        from modelport.cloud.google import access_token

        return Login("oauth2accesstoken", access_token())
    if kind == "acr":
        return _acr(host)
    if kind == "heroku":
        key = os.environ.get("HEROKU_API_KEY")
        if not key:
            raise ServiceError(f"nothing can sign in to {host}; set HEROKU_API_KEY")
        return Login("_", key)
    return _docker(host)


def _ecr(host: str) -> Login:
    from modelport.cloud.aws import client, refused

    match = _ECR.fullmatch(host)
    if match is None:
        message = f"{host} is no registry of ECR; it is <account>.dkr.ecr.<region>.amazonaws.com"
        raise ServiceError(message)
    try:
        answer: dict[str, Any] = client("ecr", match.group(1)).get_authorization_token()
    except Exception as error:  # of boto3, whose classes are made at run time
        raise refused(f"to sign in to {host}", error) from None
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
    user, _, password = token.partition(":")
    return Login(user, password)


def _acr(host: str) -> Login:
    from modelport.cloud.azure import token

    proof = token("https://containerregistry.azure.net")
    form = {"grant_type": "access_token", "service": host, "access_token": proof}
    url = f"{address(host)}/oauth2/exchange"
    try:
        response = httpx.post(url, data=form, timeout=30, trust_env=not is_local(host))
    except httpx.HTTPError as error:
        message = f"{url} does not answer: {type(error).__name__}: {error}"
        raise ServiceError(message) from None
    if not response.is_success:
        message = (
            f"{host} refused to sign in: {response.status_code}: {response.text[:200].strip()}; "
            "grant AcrPush on the registry to the account that deploys"
        )
        raise ServiceError(message)
    return Login(_ACR_USER, str(response.json()["refresh_token"]))


def _docker(host: str) -> Login | None:
    """https://docs.docker.com/reference/cli/docker/login/#credential-stores."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    key = _HUB_KEY if host in _HUB else host
    try:
        config = cast("dict[str, Any]", json.loads((folder / "config.json").read_text()))
    except (OSError, ValueError):
        return None
    helper = cast("dict[str, str]", config.get("credHelpers") or {}).get(host)
    helper = helper or cast("str | None", config.get("credsStore"))
    if helper:
        return _helped(helper, key)
    entry = cast("dict[str, dict[str, str]]", config.get("auths") or {}).get(key) or {}
    if not entry.get("auth"):
        return None
    user, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
    return Login(user, password)


def _helped(helper: str, key: str) -> Login | None:
    """https://github.com/docker/docker-credential-helpers#development."""
    try:
        done = subprocess.run(
            [f"docker-credential-{helper}", "get"],
            input=key,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        found = json.loads(done.stdout) if done.returncode == 0 else {}
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        message = f"docker-credential-{helper} cannot be asked for {key}: {error}"
        raise ServiceError(message) from None
    return Login(str(found["Username"]), str(found["Secret"])) if "Secret" in found else None


def is_local(host: str) -> bool:
    """Whether a registry is on this machine, where Docker and we speak plain HTTP to it."""
    name = host.rpartition(":")[0] or host
    return name in {"localhost", "[::1]"} or name.startswith("127.")


def address(host: str) -> str:
    """Where the API of a registry is."""
    if host in _HUB:
        return "https://registry-1.docker.io"
    return f"{'http' if is_local(host) else 'https'}://{host}"
