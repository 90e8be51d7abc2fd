"""Certificate: the name of an endpoint, proved by a certificate and found in DNS."""

import pulumi
import pulumi_aws as aws

from modelport.plan import CloudPlan
from modelport.platforms.aws.account import Account
from modelport.platforms.aws.place import Naming

_SECONDS = 60
"""Seconds for which a validation record may be remembered."""


def certificate(plan: CloudPlan, where: Account, naming: Naming) -> pulumi.Input[str]:
    """The certificate of the domain: the given one, or one that its zone validates.

    ACM renews it as long as the record is there.
    """
    if naming.certificate is not None:
        return naming.certificate
    made = aws.acm.Certificate(
        f"{plan.name}-certificate",
        domain_name=naming.domain,
        validation_method="DNS",
        tags=plan.tags,
        opts=where.opts,
    )
    option = made.domain_validation_options[0]
    record = aws.route53.Record(
        f"{plan.name}-certificate-record",
        zone_id=_zone(naming),
        name=option.resource_record_name.apply(str),
        type=option.resource_record_type.apply(str),
        records=[option.resource_record_value.apply(str)],
        ttl=_SECONDS,
        allow_overwrite=True,  # all certificates of one name are proved by the same record
        opts=where.opts,
    )
    return aws.acm.CertificateValidation(
        f"{plan.name}-certificate-proof",
        certificate_arn=made.arn,
        validation_record_fqdns=[record.fqdn],
        opts=where.opts,
    ).certificate_arn


def point_domain(
    plan: CloudPlan,
    where: Account,
    naming: Naming,
    *,
    address: pulumi.Input[str],
    zone: pulumi.Input[str],
) -> list[pulumi.Resource]:
    """Point the domain at an address of AWS, where its zone is known.

    Args:
        plan: The deployment.
        where: Its account.
        naming: Its name.
        address: DNS name to point at.
        zone: Zone of that name, as the resource behind it says.
    """
    if naming.domain is None or naming.hosted_zone is None:
        return []
    return [
        aws.route53.Record(
            f"{plan.name}-domain",
            zone_id=naming.hosted_zone,
            name=naming.domain,
            type="A",
            aliases=[
                aws.route53.RecordAliasArgs(
                    name=address, zone_id=zone, evaluate_target_health=False
                )
            ],
            opts=where.opts,
        )
    ]


def _zone(naming: Naming) -> str:
    if naming.hosted_zone is None:
        raise AssertionError("the plan refuses a domain with neither zone nor certificate")
    return naming.hosted_zone
