"""Rules about keys on Google Cloud: how they are renewed."""

from collections.abc import Iterator

from modelport_policies.rule import (
    STRICT_IN_PROD,
    Parameter,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.values import MISSING, UNKNOWN, number, text

_KEY = "gcp:kms/cryptoKey:CryptoKey"
_DAY = 86400


def _renewed(resource: Resource, settings: Settings) -> Iterator[str]:
    if text(resource.properties, "purpose") not in (MISSING, "ENCRYPT_DECRYPT"):
        return  # Google renews no keys that sign: https://cloud.google.com/kms/docs/key-rotation
    period, most = text(resource.properties, "rotationPeriod"), float(settings["most"])
    if period is UNKNOWN:
        return
    seconds = number({"": str(period).removesuffix("s")}, "")
    if not isinstance(seconds, float):
        yield "sets no rotationPeriod, so a key that leaked opens all that was ever encrypted"
    elif seconds > most * _DAY:
        yield f"has a rotationPeriod of {seconds / _DAY:.15g} days, more than {most:g}"


KEY_ROTATED = Rule(
    id="gcp-kms-rotation",
    title="A key of one's own is renewed every 90 days.",
    severity="medium",
    types=(_KEY,),
    rationale="a key that leaked opens only what was encrypted since it was last renewed",
    fix='rotation_period="7776000s"',
    sources=("CIS GCP 1.10", "CKV_GCP_43"),
    levels=STRICT_IN_PROD,
    parameters={"most": Parameter(90, "longest time in days")},
    reads=(Reads("rotationPeriod", "fails"),),
    passes=Sample(_KEY, {"rotationPeriod": "7776000s"}),
    fails=Sample(_KEY, {"rotationPeriod": "7776001s"}),
    also_passes=(Sample(_KEY, {"purpose": "ASYMMETRIC_SIGN"}),),
    also_fails=(Sample(_KEY, {"purpose": "ENCRYPT_DECRYPT", "rotationPeriod": "often"}),),
    check=_renewed,
)

SECURITY = (KEY_ROTATED,)
