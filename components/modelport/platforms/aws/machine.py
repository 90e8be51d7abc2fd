"""Machine: the user data of a virtual machine on AWS; nothing in it is secret."""

from collections.abc import Mapping

from modelport.platforms.cloud_init import cloud_init


def machine_user_data(
    *,
    image: str,
    variables: Mapping[str, str],
    region: str,
    log_group: str,
    revision: str,
    gpu: bool,
) -> str:
    """Cloud-init that runs the model's container for ever.

    The machine's own role signs in to the registry and writes the log. Docker comes from the
    repositories of Amazon Linux, which are in S3 and so need no way out to the internet; an image
    for GPUs has it already.

    Args:
        image: Repository in ECR and digest.
        variables: Environment of the container.
        region: Region of registry and log.
        log_group: Group of CloudWatch that takes the container's output.
        revision: Beginning of the names of its streams.
        gpu: Whether the container gets all GPUs.
    """
    host = image.partition("/")[0]
    password = f"aws ecr get-login-password --region {region}"
    return cloud_init(
        image=image,
        sign_in=[f"{password} | docker login --username AWS --password-stdin {host}"],
        variables=variables,
        gpu=gpu,
        log_driver=[
            "--log-driver", "awslogs",
            "--log-opt", f"awslogs-region={region}",
            "--log-opt", f"awslogs-group={log_group}",
            "--log-opt", f"tag={revision}/{{{{.ID}}}}",
            "--log-opt", "mode=non-blocking",
        ],
        packages=() if gpu else ("docker",),
    )  # fmt: skip
