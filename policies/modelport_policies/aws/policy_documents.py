"""Policy documents of AWS: what limits whom a statement lets in, and documents for examples."""

import json

LIMITS = {
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "kms:calleraccount",
    "kms:viaservice",
    "sts:externalid",
}
"""Keys of conditions, in lower case, that keep strangers out."""


def document(**statement: object) -> str:
    """A document with one statement: reading models, with some fields changed or left out."""
    whole = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::models/*"}
    kept = {key: value for key, value in (whole | statement).items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [kept]})
