"""The platforms' own clients read what a container answers: AWS's and Google's, as installed."""

import json
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform_v1 as vertex
from google.cloud.aiplatform_v1.services.prediction_service.transports import rest
from google.protobuf.json_format import MessageToDict

from serving.containers import container, free_port
from serving.tiny import GOOD

ENDPOINT = "projects/clinic/locations/europe-west4/endpoints/7"


def sagemaker(url: str) -> Any:
    """AWS's client of a container: the platform passes an endpoint's requests on to one path."""
    client: Any = boto3.client(  # pyright: ignore[reportUnknownMemberType]
        "sagemaker-runtime",
        region_name="eu-central-1",
        endpoint_url=url,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"max_attempts": 0}),
    )

    def pass_on(request: AWSPreparedRequest, **_: object) -> None:
        request.url = f"{url}/invocations"  # pyright: ignore[reportAttributeAccessIssue]

    client.meta.events.register("before-send.sagemaker-runtime.InvokeEndpoint", pass_on)
    return client


def test_the_client_of_sagemaker(bento: Path, tmp_path: Path) -> None:
    variables = {"MODELPORT_AUTH": "platform", "MODELPORT_PLATFORM": "sagemaker"}
    with container(bento, tmp_path, variables) as served:
        client = sagemaker(served.url)
        body = json.dumps({"instances": GOOD})
        answer = client.invoke_endpoint(
            EndpointName="cancer", Body=body, ContentType="application/json"
        )
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert answer["ContentType"] == "application/json"
        predictions = json.loads(answer["Body"].read())["predictions"]
        assert [item["label"] for item in predictions] == ["high", "low"]
        rows = client.invoke_endpoint(
            EndpointName="cancer", Body="1.5,40,\n-1.5,41,0.25\n", ContentType="text/csv"
        )
        assert rows["Body"].read().decode().startswith("high,")
        with pytest.raises(ClientError) as refused:
            client.invoke_endpoint(EndpointName="cancer", Body="{", ContentType="application/json")
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_the_client_of_vertex(bento: Path, tmp_path: Path) -> None:
    port = str(free_port())
    routes = {"AIP_PREDICT_ROUTE": f"/v1/{ENDPOINT}:predict", "AIP_HEALTH_ROUTE": "/health"}
    variables = {"AIP_HTTP_PORT": port, "PORT": port, "MODELPORT_AUTH": "platform", **routes}
    with container(bento, tmp_path, variables) as served:
        client = vertex.PredictionServiceClient(
            transport=rest.PredictionServiceRestTransport(
                host=served.url.removeprefix("http://"),
                url_scheme="http",
                credentials=AnonymousCredentials(),
            )
        )
        rows: Any = GOOD  # rows of JSON become the protocol's own values
        answer = client.predict(endpoint=ENDPOINT, instances=rows)
        predictions = MessageToDict(vertex.PredictResponse.pb(answer))["predictions"]
        assert [item["label"] for item in predictions] == ["high", "low"]
        with pytest.raises(exceptions.GoogleAPICallError) as refused:
            client.predict(endpoint=ENDPOINT, instances=rows[0])
        assert refused.value.code == 422
        assert httpx.get(f"{served.url}/health").status_code == 200
