"""Certificates and records of names."""

from aws_arguments.rules import Call, Rule, To, each, rule

NAMES: dict[str, Rule] = {
    "aws:acm/certificate:Certificate": rule(
        Call("acm", "RequestCertificate", {"validationOptions": "DomainValidationOptions"}),
        own="earlyRenewalDuration",
    ),
    "aws:acm/certificateValidation:CertificateValidation": rule(
        Call("acm", "DescribeCertificate"), own="validationRecordFqdns"
    ),
    "aws:route53/record:Record": rule(
        Call(
            "route53",
            "ChangeResourceRecordSets",
            {
                "zoneId": "/HostedZoneId",
                "records": To("ResourceRecords", each(lambda value: {"Value": value})),
                "aliases": "AliasTarget",
                "aliases.name": "DNSName",
                "aliases.zoneId": "HostedZoneId",
                "weightedRoutingPolicies": ".",
                "latencyRoutingPolicies": ".",
                "failoverRoutingPolicies": ".",
                "failoverRoutingPolicies.type": "Failover",
                "multivalueAnswerRoutingPolicy": "MultiValueAnswer",
            },
            {"ChangeBatch": {"Changes": [{"Action": "UPSERT"}]}},
            at="ChangeBatch.Changes.ResourceRecordSet",
        ),
        own="allowOverwrite",
    ),
}
