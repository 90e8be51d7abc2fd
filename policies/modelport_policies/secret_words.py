"""Secret words: how a name or a value of an environment variable gives a secret away."""

import re

_WORDS = re.compile(
    r"(^|_)(secrets?|token|pass|creds?|credentials?|apikey|"
    r"(api|access|account|auth|encryption|master|private|secret|shared|signing|storage)_?key|"
    r"connection_?string)(_|$)|passw(or)?d|passphrase|_pwd(_|$)"
)
_HARMLESS_END = re.compile(
    r"_(arn|count|days|enabled|endpoint|expiry|file|id|issuer|length|limit|name|names|path|"
    r"provider|ref|region|seconds|sha256|size|ttl|type|uri|url|vault|version)$"
)
_REFERENCE = re.compile(
    r"arn:aws[a-z-]*:(secretsmanager|ssm):|projects/[^/]+/secrets/|@Microsoft\.KeyVault\(|"
    r"(secretref|vault|sm|awssm|gcpsm)://?|secretref:|\$\(\w+\)$|\$\{\w+\}$"
)
_SWITCHES = frozenset({"", "0", "1", "false", "no", "none", "null", "off", "on", "true", "yes"})
_WAYS_IN = frozenset({"managedidentity", "workloadidentity"})
"""How one logs in without a secret, as Azure's identity-based connections are told.

Source: Azure Functions reference, 'Common properties for identity-based connections', 2026-11.
"""
_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(AKIA|ASIA)[0-9A-Z]{16}\b"  # AWS
    r"|\bAIza[0-9A-Za-z_-]{35}"  # Google
    r"|(AccountKey|SharedAccessKey|SharedAccessSignature)=[^;\s]{8}"  # Azure
    r"|\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{22}|\bglpat-[A-Za-z0-9_-]{20}"
    r"|\bhf_[A-Za-z0-9]{30}|\bsk-[A-Za-z0-9_-]{20}|\bmp_[A-Za-z0-9_-]{40}"
    r"|\bxox[abprs]-[0-9A-Za-z-]{10}|hooks\.slack\.com/services/\w"
    r"|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\."  # JSON Web Token
    r"|://[^/\s:@]*:[^/\s:@${(<][^/\s:@]*@"  # user and password in an address
    r"|\bpassword=[^;&\s${(<]",
    re.IGNORECASE,
)


def named_like_secret(name: str) -> bool:
    """Whether a name says secret; `TOKEN_URL` and `SECRET_ARN` only say where one is."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    words = re.sub(r"[^a-z0-9]+", "_", words)
    return bool(_WORDS.search(words)) and not _HARMLESS_END.search(words)


def looks_like_secret(value: str) -> bool:
    """Whether a value has the shape of a key, or holds a password."""
    return bool(_VALUE.search(value))


def could_be_secret(value: str) -> bool:
    """Whether a value is more than a switch, a way in or a reference to the kept secret."""
    return value.strip().lower() not in _SWITCHES | _WAYS_IN and not _REFERENCE.match(value.strip())
