"""A platform team's own program: a component of Modelport's, and a policy for who may call it."""

import pulumi
import pulumi_aws as aws

from modelport import Deployment, ManagedEndpoint
from modelport.config.targets.aws.sagemaker import SageMakerTarget

target = SageMakerTarget(region="eu-west-1")
config = Deployment(bundle="breast_cancer", owner="diagnostics", target=target)
endpoint = ManagedEndpoint("cancer", config)

account = aws.get_caller_identity_output().account_id
arn = pulumi.Output.format("arn:aws:sagemaker:{0}:{1}:endpoint/{2}", target.region, account,
                           endpoint.names["endpoint"])  # fmt: skip
may_call = {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": arn}
policy = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [may_call]})
callers = aws.iam.Policy("cancer-callers", policy=policy, tags={"owner": "diagnostics"})

pulumi.export("url", endpoint.url)
pulumi.export("callers", callers.arn)
