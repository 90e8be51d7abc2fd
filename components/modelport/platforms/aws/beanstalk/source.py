"""Source: what an application version is, a zip that names the image and sets up what is before it.

https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/single-container-docker-configuration.html
"""

import json

from modelport.platforms.aws.beanstalk.plan import BeanstalkPlan
from modelport.platforms.container import PORT

_SPARE_BYTES = 65_536
"""Bytes by which nginx takes more than the server, so that the server itself says 413."""


def source_files(plan: BeanstalkPlan, image: str) -> dict[str, str]:
    """Content of the zip by path.

    The container listens where nginx looks for it; nginx takes as large bodies as the server and
    waits as long; an instance that the load balancer finds unhealthy is replaced.

    Args:
        plan: The deployment.
        image: Repository and digest.
    """
    run = {
        "AWSEBDockerrunVersion": "1",
        "Image": {"Name": image, "Update": "true"},
        "Ports": [{"ContainerPort": PORT}],
    }
    nginx = (
        f"client_max_body_size {plan.serving.max_body_bytes + _SPARE_BYTES};\n"
        f"proxy_read_timeout {plan.timeout}s;\n"
        f"proxy_send_timeout {plan.timeout}s;\n"
    )
    group = {
        "Type": "AWS::AutoScaling::AutoScalingGroup",
        "Properties": {"HealthCheckType": "ELB", "HealthCheckGracePeriod": plan.start_timeout},
    }
    return {
        "Dockerrun.aws.json": json.dumps(run, indent=1),
        ".platform/nginx/conf.d/modelport.conf": nginx,
        ".ebextensions/health.config": json.dumps(
            {"Resources": {"AWSEBAutoScalingGroup": group}}, indent=1
        ),
    }
