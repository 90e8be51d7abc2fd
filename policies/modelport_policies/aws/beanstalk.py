"""Rules about Elastic Beanstalk, whose settings are one list of namespaces, names and values."""

from collections.abc import Iterator, Mapping
from typing import Any

from modelport_policies.rule import (
    ADVICE,
    STRICT_IN_PROD,
    Check,
    Reads,
    Resource,
    Rule,
    Sample,
    Settings,
)
from modelport_policies.secret_words import could_be_secret, looks_like_secret, named_like_secret
from modelport_policies.values import UNKNOWN, Absent, items, read, text
from modelport_policies.workloads import is_plain

_ENVIRONMENT = "aws:elasticbeanstalk/environment:Environment"
_LOGS = "aws:elasticbeanstalk:cloudwatch:logs"
_UPDATES = "aws:elasticbeanstalk:managedactions"
_HEALTH = "aws:elasticbeanstalk:healthreporting:system"
_MACHINES = "aws:autoscaling:launchconfiguration"
_NETWORK = "aws:ec2:vpc"
_TLS = "aws:elbv2:listener:443"
_PLAIN = "aws:elbv2:listener:default"
_VARIABLES = "aws:elasticbeanstalk:application:environment"
_READ = (Reads("settings", "fails"),)


def _setting(properties: Mapping[str, Any], namespace: str, name: str) -> str | Absent:
    """The value of a setting; unknown when one of the list is, for it may be that one."""
    found: str | Absent = Absent.MISSING
    if read(properties, "settings") is UNKNOWN:
        return UNKNOWN
    for _, item in items(properties, "settings"):
        if not isinstance(item, Mapping) or UNKNOWN in (
            text(item, "namespace"),
            text(item, "name"),
        ):
            found = UNKNOWN
        elif (text(item, "namespace"), text(item, "name")) == (namespace, name):
            return text(item, "value")
    return found


def _is(namespace: str, name: str, wanted: str, because: str) -> Check:
    def check(resource: Resource, _: Settings) -> Iterator[str]:
        found = _setting(resource.properties, namespace, name)
        if found is not UNKNOWN and found != wanted:
            yield f"does not set {namespace} {name} to '{wanted}', {because}"

    return check


def _over_tls(resource: Resource, _: Settings) -> Iterator[str]:
    scheme = _setting(resource.properties, _NETWORK, "ELBScheme")
    protocol = _setting(resource.properties, _TLS, "Protocol")
    plain = _setting(resource.properties, _PLAIN, "ListenerEnabled")
    if scheme in ("internal", UNKNOWN):
        return
    if protocol not in ("HTTPS", UNKNOWN):
        yield f"does not set {_TLS} Protocol to 'HTTPS', so it is spoken to in plain HTTP"
    elif plain not in ("false", UNKNOWN):
        yield f"does not set {_PLAIN} ListenerEnabled to 'false', so plain HTTP is taken as well"


def _secrets(resource: Resource, _: Settings) -> Iterator[str]:
    for index, item in items(resource.properties, "settings"):
        if not isinstance(item, Mapping) or text(item, "namespace") != _VARIABLES:
            continue
        name, value = text(item, "name"), text(item, "value")
        if not isinstance(value, str):
            continue
        named = isinstance(name, str) and named_like_secret(name) and could_be_secret(value)
        if named or looks_like_secret(value):
            yield f"holds what looks like a secret in settings[{index}]{_shown(name)}"


def _shown(name: str | Absent) -> str:
    plain = isinstance(name, str) and is_plain(name) and not looks_like_secret(name)
    return f" '{name}'" if plain and named_like_secret(str(name)) else ""


def _sample(*settings: tuple[str, str, str]) -> Sample:
    listed = [{"namespace": where, "name": name, "value": value} for where, name, value in settings]
    return Sample(_ENVIRONMENT, {"settings": listed})


UPDATED = Rule(
    id="beanstalk-managed-updates",
    title="An Elastic Beanstalk environment takes updates of its platform.",
    severity="medium",
    types=(_ENVIRONMENT,),
    rationale="holes in the system and in Docker stay open until somebody thinks of them",
    fix=f"{_UPDATES}/ManagedActionsEnabled = true, with PreferredStartTime and UpdateLevel",
    sources=("CKV_AWS_340", "prowler elasticbeanstalk_environment_managed_updates_enabled"),
    levels=STRICT_IN_PROD,
    reads=_READ,
    passes=_sample((_UPDATES, "ManagedActionsEnabled", "true")),
    fails=_sample((_UPDATES, "ManagedActionsEnabled", "false")),
    check=_is(_UPDATES, "ManagedActionsEnabled", "true", "so holes in its platform stay open"),
)

HEALTH_REPORTED = Rule(
    id="beanstalk-enhanced-health",
    title="An Elastic Beanstalk environment reports how its machines are.",
    severity="low",
    types=(_ENVIRONMENT,),
    rationale="the basic report says only whether a port answers",
    fix=f"{_HEALTH}/SystemType = enhanced",
    sources=("AWS Security Hub ElasticBeanstalk.1", "CKV_AWS_312"),
    levels=ADVICE,
    reads=_READ,
    passes=_sample((_HEALTH, "SystemType", "enhanced")),
    fails=_sample((_HEALTH, "SystemType", "basic")),
    check=_is(_HEALTH, "SystemType", "enhanced", "so a server that fails looks well"),
)

LOGS_KEPT = Rule(
    id="beanstalk-stream-logs",
    title="An Elastic Beanstalk environment's logs outlive its machines.",
    severity="high",
    types=(_ENVIRONMENT,),
    rationale="a machine that was replaced takes with it why it was replaced",
    fix=f"{_LOGS}/StreamLogs = true, RetentionInDays = 90",
    sources=("AWS Security Hub ElasticBeanstalk.3",),
    levels=STRICT_IN_PROD,
    reads=_READ,
    passes=_sample((_LOGS, "StreamLogs", "true")),
    fails=_sample((_LOGS, "StreamLogs", "false")),
    check=_is(_LOGS, "StreamLogs", "true", "so a machine takes its logs with it"),
)

TOKENS_REQUIRED = Rule(
    id="beanstalk-imdsv1-off",
    title="Machines of Elastic Beanstalk give their credentials to those with a token only.",
    severity="high",
    types=(_ENVIRONMENT,),
    rationale="a model server that can be made to fetch an address otherwise hands out its keys",
    fix=f"{_MACHINES}/DisableIMDSv1 = true",
    sources=("AWS Security Hub EC2.8 (analogue)",),
    reads=_READ,
    passes=_sample((_MACHINES, "DisableIMDSv1", "true")),
    fails=_sample((_MACHINES, "DisableIMDSv1", "false")),
    check=_is(_MACHINES, "DisableIMDSv1", "true", "so one forged request reads its keys"),
)

SPOKEN_OVER_TLS = Rule(
    id="beanstalk-https-listener",
    title="An Elastic Beanstalk environment that the internet reaches is spoken to over TLS.",
    severity="high",
    types=(_ENVIRONMENT,),
    rationale="keys and requests in plain HTTP can be read and changed on the way",
    fix=f"{_TLS}/Protocol = HTTPS with SSLCertificateArns, {_PLAIN}/ListenerEnabled = false",
    sources=("AWS Security Hub ELB.1 (analogue)",),
    reads=_READ,
    passes=_sample((_TLS, "Protocol", "HTTPS"), (_PLAIN, "ListenerEnabled", "false")),
    fails=_sample((_PLAIN, "ListenerEnabled", "true")),
    also_passes=(_sample((_NETWORK, "ELBScheme", "internal")),),
    also_fails=(
        _sample((_TLS, "Protocol", "HTTPS")),
        _sample((_NETWORK, "ELBScheme", "public")),
        _sample((_TLS, "Protocol", "HTTPS"), (_PLAIN, "ListenerEnabled", "true")),
    ),
    check=_over_tls,
)

NO_SECRETS = Rule(
    id="beanstalk-no-env-secrets",
    title="No secret stands in the plain variables of an Elastic Beanstalk environment.",
    severity="critical",
    types=(_ENVIRONMENT,),
    rationale="whoever may describe the environment reads it, and saved configurations keep it",
    fix="aws:elasticbeanstalk:application:environmentsecrets with an ARN in Secrets Manager",
    sources=("prowler elasticbeanstalk_environment_no_secrets_in_configuration",),
    reads=(Reads("settings[].value", "passes"),),
    passes=_sample((_VARIABLES, "WORKERS", "2")),
    fails=_sample((_VARIABLES, "API_KEY", "hunter2")),
    also_passes=(_sample((_NETWORK, "API_KEY", "hunter2")),),
    also_fails=(_sample((_VARIABLES, "A", "AKIA" + "A" * 16)),),
    check=_secrets,
)

SECURITY = (UPDATED, TOKENS_REQUIRED, SPOKEN_OVER_TLS, NO_SECRETS)
RELIABILITY = (LOGS_KEPT, HEALTH_REPORTED)
