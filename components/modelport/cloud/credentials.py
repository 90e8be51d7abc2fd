"""Credentials: whether there are any for a cloud, told before the first resource is declared."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from modelport.errors import ModelportError

_INSTEAD = "or preview without an account: modelport preview --offline"


def missing_credentials(kinds: Iterable[str]) -> list[str]:
    """A sentence for every cloud of these kinds of target for which nothing can sign in."""
    clouds = sorted({kind.partition(".")[0] for kind in kinds})
    return [
        f"no credentials of {_CLOUDS[cloud].name} are here; {_CLOUDS[cloud].give}, {_INSTEAD}"
        for cloud in clouds
        if cloud in _CLOUDS and not _CLOUDS[cloud].found()
    ]


def require_credentials(kinds: Iterable[str]) -> None:
    """Without credentials nothing else matters: say so before anything is looked for or made.

    Raises:
        ModelportError: nothing can sign in at some cloud of these kinds; a sentence for each.
    """
    missing = missing_credentials(kinds)
    if missing:
        raise ModelportError("\n".join(missing))


def _aws() -> bool:
    import boto3

    # The address of tests and of private clouds takes any key, but it takes one.
    return boto3.Session().get_credentials() is not None


def _google() -> bool:
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    if os.environ.get("MODELPORT_GOOGLE_ENDPOINT", "").startswith("http://127.0.0.1:"):
        return True
    try:
        google.auth.default()
    except DefaultCredentialsError:
        return False
    return True


def _azure() -> bool:
    signed_in = Path(os.environ.get("AZURE_CONFIG_DIR") or Path.home() / ".azure")
    given = ("ARM_CLIENT_ID", "AZURE_CLIENT_ID", "ARM_USE_MSI", "IDENTITY_ENDPOINT", "ARM_USE_OIDC")
    return (
        any(os.environ.get(name) for name in given) or (signed_in / "azureProfile.json").is_file()
    )


def _heroku() -> bool:
    return bool(os.environ.get("HEROKU_API_KEY"))


class _Cloud:
    """What a cloud is called, how credentials are given, and whether they are."""

    def __init__(self, name: str, give: str, found: Callable[[], bool]) -> None:
        self.name = name
        self.give = give
        self.found = found


_CLOUDS = {
    "aws": _Cloud("AWS", "set AWS_PROFILE or sign in with 'aws sso login'", _aws),
    "gcp": _Cloud("Google Cloud", "run 'gcloud auth application-default login'", _google),
    "azure": _Cloud("Azure", "run 'az login' or set ARM_CLIENT_ID and its secret", _azure),
    "heroku": _Cloud("Heroku", "set HEROKU_API_KEY", _heroku),
}
