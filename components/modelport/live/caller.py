"""Caller: what is shown to a service when it is asked, and how that is come by.

A service whose callers send tokens takes no key of ours: whoever runs the command brings a token
in `MODELPORT_TOKEN`, or in `MODELPORT_TOKEN_COMMAND` a command that writes a fresh one, which finds
issuer and audience in `MODELPORT_ISSUER` and `MODELPORT_AUDIENCE`. Neither is kept anywhere.
"""

import os
import re
import shlex
import subprocess
from dataclasses import dataclass

from modelport.errors import ServiceError
from modelport.live.service import NotReachable
from modelport.verify import verify, verify_ready
from modelport_serving.oidc import Oidc
from modelport_serving.record import BundleRecord, Golden

TOKEN_VARIABLE = "MODELPORT_TOKEN"  # noqa: S105 - its name
COMMAND_VARIABLE = "MODELPORT_TOKEN_COMMAND"
TOKEN_HEADER = f'-H "Authorization: Bearer ${TOKEN_VARIABLE}" '
"""What a printed line sends a token with."""
_COMMAND_SECONDS = 60
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
"""RFC 6750, section 2.1."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks a service."""

    key: str | None = None
    """API key; none where the service asks for none."""
    oidc: Oidc | None = None
    """Which tokens the service lets in; none where it asks for none."""

    def bearer(self) -> str | None:
        """What stands behind `Bearer`; none where the platform authenticates or nobody does.

        Raises:
            NotReachable: the service wants a token, and there is none here.
            ServiceError: the command for a token fails, or writes none.
        """
        if self.oidc is None:
            return self.key
        token = os.environ.get(TOKEN_VARIABLE, "").strip()
        command = os.environ.get(COMMAND_VARIABLE, "").strip()
        if not token and not command:
            message = (
                f"its callers send tokens of {self.oidc.issuer} for {self.oidc.audience}; set "
                f"{TOKEN_VARIABLE} to one, or {COMMAND_VARIABLE} to a command that writes one"
            )
            raise NotReachable(message)
        if token and command:
            message = f"{TOKEN_VARIABLE} and {COMMAND_VARIABLE} are set; set one of them"
            raise ServiceError(message)
        found, where = (
            (_written(command, self.oidc), COMMAND_VARIABLE) if command else (token, TOKEN_VARIABLE)
        )
        if not _TOKEN.fullmatch(found):
            raise ServiceError(f"{where} gives something else than one token")
        return found


def prove_at(url: str, record: BundleRecord, golden: Golden, caller: Caller) -> str:
    """Prove that a bundle is served at an address; without a token only that it is ready there.

    Returns:
        What was proved, in a few words.

    Raises:
        ServiceError: another version is served, or it answers differently.
    """
    try:
        key = caller.bearer()
    except NotReachable as reason:
        verify_ready(url, record)
        return f"ready; golden answers not verified ({reason})"
    return str(verify(url, record, golden, key))


def _written(command: str, oidc: Oidc) -> str:
    """What the command writes on standard output; what else it says is not shown."""
    told = {"MODELPORT_ISSUER": oidc.issuer, "MODELPORT_AUDIENCE": oidc.audience}
    try:
        done = subprocess.run(
            shlex.split(command),
            env=os.environ | told,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = f"{COMMAND_VARIABLE} did not end within {_COMMAND_SECONDS} s"
        raise ServiceError(message) from None
    except (OSError, ValueError) as error:
        raise ServiceError(f"{COMMAND_VARIABLE} cannot be run: {error}") from None
    if done.returncode:
        raise ServiceError(f"{COMMAND_VARIABLE} ended with status {done.returncode}")
    return done.stdout.strip()
