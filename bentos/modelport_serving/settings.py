"""Settings of one serving process: who may call it and how much it takes.

`MODELPORT_SETTINGS` names a JSON file with one `Settings` object, for instance
`{"auth": {"kind": "api_key", "sha256": "<64 hex digits>"}, "max_rows": 500}`. A container, or a
service that is run by hand, may set one of these instead:

    MODELPORT_API_KEY_SHA256=<64 hex digits>   callers send a key
    MODELPORT_OIDC={"issuer": …, "audience": …} callers send a token of that issuer
    MODELPORT_AUTH=platform                    the platform lets only its own callers in
    MODELPORT_AUTH=none                        anyone may call

and with it `MODELPORT_MAX_BODY_BYTES`, `MODELPORT_MAX_ROWS`, `MODELPORT_PROTOCOLS`, and as JSON
objects `MODELPORT_FALLBACK`, `MODELPORT_CAPTURE`, `MODELPORT_RATE_LIMIT` and `MODELPORT_TELEMETRY`.
With none of the four the service refuses to start: open access has to be asked for.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from modelport_serving.capture import Capture
from modelport_serving.errors import StartError
from modelport_serving.fallback import Fallback
from modelport_serving.oidc import Oidc
from modelport_serving.rate_limit import RateLimit
from modelport_serving.telemetry import Telemetry

SETTINGS_VARIABLE = "MODELPORT_SETTINGS"
AUTH_VARIABLE = "MODELPORT_AUTH"
KEY_VARIABLE = "MODELPORT_API_KEY_SHA256"
OIDC_VARIABLE = "MODELPORT_OIDC"
"""An `Oidc` as JSON."""
LIMITS = {"max_body_bytes": "MODELPORT_MAX_BODY_BYTES", "max_rows": "MODELPORT_MAX_ROWS"}
"""Settings that a variable may give, beside `MODELPORT_AUTH` or a key."""

PROTOCOLS_VARIABLE = "MODELPORT_PROTOCOLS"
"""Names of `Settings.protocols` with commas, beside `MODELPORT_AUTH` or a key."""
FALLBACK_VARIABLE = "MODELPORT_FALLBACK"
"""A `Fallback` as JSON, beside `MODELPORT_AUTH` or a key."""
CAPTURE_VARIABLE = "MODELPORT_CAPTURE"
"""A `Capture` as JSON, beside `MODELPORT_AUTH` or a key."""
Protocol = Literal["v2", "tensorflow", "azure_ml", "grpc", "graphql"]
LIBRARIES: Mapping[Protocol, tuple[str, ...]] = {
    "grpc": ("h2", "protobuf"),
    "graphql": ("graphql-core",),
}
"""Distributions that a bundle carries only if it is to speak a protocol."""
RATE_LIMIT_VARIABLE = "MODELPORT_RATE_LIMIT"
"""A `RateLimit` as JSON, beside `MODELPORT_AUTH` or a key."""
TELEMETRY_VARIABLE = "MODELPORT_TELEMETRY"
"""A `Telemetry` as JSON, beside `MODELPORT_AUTH` or a key."""
_BESIDE = (
    *LIMITS.values(),
    PROTOCOLS_VARIABLE,
    FALLBACK_VARIABLE,
    CAPTURE_VARIABLE,
    RATE_LIMIT_VARIABLE,
    TELEMETRY_VARIABLE,
)

Part = TypeVar("Part", bound=BaseModel)

NOTHING_SET = (
    f"who may call this service is not set; set {SETTINGS_VARIABLE} to a settings file, "
    f"{KEY_VARIABLE} to the SHA-256 of an API key in hex, {OIDC_VARIABLE} to an issuer and an "
    f"audience as JSON where callers send tokens, {AUTH_VARIABLE}=platform where the "
    f"platform lets only its own callers in, or {AUTH_VARIABLE}=none for anyone"
)


class _Setting(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ApiKey(_Setting):
    """Callers send `Authorization: Bearer <key>`; only the key's hash is known here."""

    kind: Literal["api_key"] = "api_key"
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the key's UTF-8 bytes, in lower-case hex."""


class OidcTokens(Oidc):
    """Callers send `Authorization: Bearer <token>`, with a token of an issuer."""

    kind: Literal["oidc"] = "oidc"


class Open(_Setting):
    """Everyone who can reach the service may call it."""

    kind: Literal["none"] = "none"


class Platform(_Setting):
    """The platform has authenticated whoever reaches the service, which asks for nothing more."""

    kind: Literal["platform"] = "platform"


Auth = ApiKey | OidcTokens | Open | Platform


class Settings(_Setting):
    """What one serving process needs to know; every field but `auth` has a default."""

    auth: Annotated[Auth, Field(discriminator="kind")]
    """Who may call; `/livez` and `/readyz` are open in any case."""
    max_body_bytes: Annotated[int, Field(ge=1)] = 1024 * 1024
    """Largest request body in bytes; 1 MiB holds about 1,700 rows of 30 numbers."""
    max_rows: Annotated[int, Field(ge=1)] = 10_000
    """Most rows in one request."""
    timeout_seconds: Annotated[float, Field(gt=0)] = 25.0
    """Longest time for a request's body to arrive, and again for its predictions."""
    threads: Annotated[int, Field(ge=1)] = 1
    """Calls of the model at the same time; scikit-learn gains nothing from more than one."""
    queue: Annotated[int, Field(ge=0)] = 512
    """Requests that may wait for the model, which computes them together; more are answered 503
    at once, as is what would wait longer than `timeout_seconds`."""
    protocols: frozenset[Protocol] = frozenset()
    """Further protocols that are answered: `v2` (the Open Inference Protocol), `tensorflow`
    (TensorFlow Serving's REST API), `azure_ml`, `grpc` (the Open Inference Protocol over gRPC),
    `graphql`."""
    fallback: Fallback | None = None
    """What is answered when the model fails or is late; none: the failure is told."""
    capture: Capture | None = None
    """Which predictions are written to the log; with it `POST /feedback` exists."""
    rate_limit: RateLimit | None = None
    """How many requests one caller may send to this process; none: no limit."""
    telemetry: Telemetry | None = None
    """Where spans of requests are sent; none: none are made."""
    access_log: bool = True
    """Whether each request is logged as a JSON line on standard error."""

    @property
    def parts(self) -> frozenset[str]:
        """What exists that need not: further protocols, and `capture`."""
        return self.protocols | ({"capture"} if self.capture else frozenset())


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings that `environment` (by default the process's own) points to.

    Raises `StartError` when nothing, too much or something malformed is set.
    """
    env = os.environ if environment is None else environment
    ways = (SETTINGS_VARIABLE, AUTH_VARIABLE, KEY_VARIABLE, OIDC_VARIABLE)
    given = [name for name in ways if env.get(name)]
    if not given:
        raise StartError(NOTHING_SET)
    if len(given) > 1:
        raise StartError(f"{' and '.join(given)} are set; set one of them")
    value = env[given[0]]
    limits = {field: env[name] for field, name in LIMITS.items() if env.get(name)}
    if given[0] == SETTINGS_VARIABLE:
        if any(env.get(name) for name in _BESIDE):
            names = " and ".join(name for name in _BESIDE if env.get(name))
            raise StartError(f"{SETTINGS_VARIABLE} is set; put what {names} says into that file")
        return _from_file(Path(value))
    auth = _object(OidcTokens, OIDC_VARIABLE, env) or _auth(given[0], value)
    return Settings(
        auth=auth,
        protocols=_protocols(env.get(PROTOCOLS_VARIABLE, "")),
        fallback=_object(Fallback, FALLBACK_VARIABLE, env),
        capture=_object(Capture, CAPTURE_VARIABLE, env),
        rate_limit=_object(RateLimit, RATE_LIMIT_VARIABLE, env),
        telemetry=_object(Telemetry, TELEMETRY_VARIABLE, env),
        **_limits(limits),
    )


def _auth(name: str, value: str) -> Auth:
    if name == KEY_VARIABLE:
        try:
            return ApiKey(sha256=value)
        except ValidationError:
            message = f"{KEY_VARIABLE} must be 64 lower-case hex digits: the SHA-256 of the key"
            raise StartError(message) from None
    if value == "platform":
        return Platform()
    if value != "none":
        message = f"{AUTH_VARIABLE} can only be none or platform; for a key set {KEY_VARIABLE}"
        raise StartError(message)
    return Open()


def _protocols(given: str) -> frozenset[Protocol]:
    known: tuple[Protocol, ...] = get_args(Protocol)
    names = [name.strip() for name in given.split(",") if name.strip()]
    if unknown := [name for name in names if name not in known]:
        allowed = ", ".join(known)
        raise StartError(f"{PROTOCOLS_VARIABLE} holds {unknown[0]!r}; write some of {allowed}")
    return frozenset(name for name in known if name in names)


def _object(model: type[Part], variable: str, env: Mapping[str, str]) -> Part | None:
    given = env.get(variable)
    try:
        return model.model_validate_json(given) if given else None
    except ValidationError as error:
        raise StartError(f"{variable} is malformed: {_faults(error, 'object')}") from None


def _limits(given: Mapping[str, str]) -> dict[str, Any]:
    for field, value in given.items():
        if not (value.isascii() and value.isdigit() and int(value) > 0):
            message = f"{LIMITS[field]} is {value!r}; write a whole number above 0"
            raise StartError(message)
    return {field: int(value) for field, value in given.items()}


def _from_file(path: Path) -> Settings:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_bytes()
    except OSError as error:
        message = f"settings file {path} cannot be read: {error.strerror}"
        raise StartError(message) from None
    # Group may read it: that is how mounted secrets reach a process that is not root.
    if mode & 0o037:
        raise StartError(f"settings file {path} has mode {mode:04o}; run: chmod 600 {path}")
    try:
        return Settings.model_validate_json(text)
    except ValidationError as error:
        raise StartError(f"settings file {path} is malformed: {_faults(error, 'file')}") from None


def _faults(error: ValidationError, whole: str) -> str:
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or whole}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)
    )
