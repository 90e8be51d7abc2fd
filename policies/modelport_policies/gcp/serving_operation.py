"""Rules about Google's serving platforms in operation: health checks, and what copies cost."""

from dataclasses import replace

from modelport_policies.conditions import is_there
from modelport_policies.demands import all_of, is_left_out, is_set, is_true, within
from modelport_policies.rule import (
    ADVICE,
    ADVICE_IN_DEV,
    DEV_ONLY,
    STRICT_IN_PROD,
    Parameter,
    Rule,
    Sample,
)

_SERVICE = "gcp:cloudrunv2/service:Service"
_FUNCTION = "gcp:cloudfunctionsv2/function:Function"
_VERSION = "gcp:appengine/flexibleAppVersion:FlexibleAppVersion"
_POOL = "gcp:vertex/aiDeploymentResourcePool:AiDeploymentResourcePool"
_GARDEN = "gcp:vertex/aiEndpointWithModelGardenDeployment:AiEndpointWithModelGardenDeployment"
_PROBES = {
    "startupProbe": {"httpGet": {"path": "/readyz"}},
    "livenessProbe": {"httpGet": {"path": "/livez"}},
}

PROBED = Rule(
    id="cloudrun-probes",
    title="A Cloud Run container is asked whether its model is loaded, and whether it lives.",
    severity="medium",
    types=(_SERVICE,),
    rationale="without them requests go to a server whose model is not loaded, or that hangs",
    fix="startup_probe={http_get: {path: /readyz}}, liveness_probe={http_get: {path: /livez}}",
    sources=(
        "CKV_K8S_8 and CKV_K8S_9 (analogue)",
        "Cloud Run, 'Configure container health checks'",
    ),
    levels=STRICT_IN_PROD,
    passes=Sample(_SERVICE, {"template": {"containers": [_PROBES]}}),
    fails=Sample(
        _SERVICE, {"template": {"containers": [{"startupProbe": _PROBES["startupProbe"]}]}}
    ),
    check=all_of(
        is_set("template.containers[].startupProbe", "so requests come before the model"),
        is_set("template.containers[].livenessProbe", "so a server that hangs goes on"),
    ),
)

RUN_CAPPED = Rule(
    id="cost-cloudrun-max-instances",
    title="A Cloud Run service has a largest number of copies.",
    severity="high",
    types=(_SERVICE,),
    rationale="without one a loop in somebody's script starts a hundred, each paid for",
    fix="template={…, scaling: {max_instance_count: 10}}",
    sources=("Cloud Run, 'Set maximum number of instances'",),
    parameters={"most": Parameter(20, "largest number of copies")},
    passes=Sample(_SERVICE, {"template": {"scaling": {"maxInstanceCount": 4}}}),
    fails=Sample(_SERVICE, {"template": {"scaling": {"maxInstanceCount": 100}}}),
    also_fails=(Sample(_SERVICE, {"template": {"scaling": {}}}),),
    check=within("template.scaling.maxInstanceCount", 1, "most", "and each of them is paid for"),
)

FUNCTION_CAPPED = replace(
    RUN_CAPPED,
    id="cost-function-limits",
    title="A function has a largest number of copies.",
    types=(_FUNCTION,),
    fix="service_config={…, max_instance_count: 10}",
    sources=("Cloud Run functions, 'Use maximum instances'",),
    parameters={"most": Parameter(50, "largest number of copies")},
    passes=Sample(_FUNCTION, {"serviceConfig": {"maxInstanceCount": 4}}),
    fails=Sample(_FUNCTION, {"serviceConfig": {"maxInstanceCount": 1000}}),
    also_fails=(Sample(_FUNCTION, {"serviceConfig": {}}),),
    check=within("serviceConfig.maxInstanceCount", 1, "most", "and each of them is paid for"),
)

RUN_SLEEPS_IN_DEV = Rule(
    id="cost-cloudrun-min-zero",
    title="In dev no Cloud Run service is kept warm.",
    severity="medium",
    types=(_SERVICE,),
    rationale="what is kept warm is paid for day and night, and in dev nobody waits",
    fix="template={…, scaling: {min_instance_count: 0}} in dev; replicas: {min: 0}",
    sources=("Cloud Run pricing, 'idle instances'",),
    levels=DEV_ONLY,
    parameters={"most": Parameter(0, "largest number of copies that are kept warm")},
    passes=Sample(_SERVICE, {"template": {"scaling": {"minInstanceCount": 0}}}),
    fails=Sample(_SERVICE, {"template": {"scaling": {"minInstanceCount": 1}}}),
    check=within(
        "template.scaling.minInstanceCount", None, "most", "paid for day and night", absent="passes"
    ),
)

FUNCTION_SLEEPS_IN_DEV = replace(
    RUN_SLEEPS_IN_DEV,
    id="cost-function-min-zero",
    title="In dev no function is kept warm.",
    types=(_FUNCTION,),
    fix="service_config={…, min_instance_count: 0} in dev; replicas: {min: 0}",
    passes=Sample(_FUNCTION, {"serviceConfig": {"minInstanceCount": 0}}),
    fails=Sample(_FUNCTION, {"serviceConfig": {"minInstanceCount": 1}}),
    check=within(
        "serviceConfig.minInstanceCount", None, "most", "paid for day and night", absent="passes"
    ),
)

RUN_BY_REQUEST = Rule(
    id="cost-cloudrun-request-billing",
    title="A Cloud Run service is paid for while it answers.",
    severity="low",
    types=(_SERVICE,),
    rationale="with its processor always on, a copy is paid for while it waits as well",
    fix="resources={cpu_idle: True}; with a GPU the processor is always on",
    sources=("Cloud Run, 'Billing settings for services'",),
    levels=ADVICE,
    passes=Sample(_SERVICE, {"template": {"containers": [{"resources": {"cpuIdle": True}}]}}),
    fails=Sample(_SERVICE, {"template": {"containers": [{"resources": {"cpuIdle": False}}]}}),
    also_passes=(
        Sample(
            _SERVICE,
            {
                "template": {
                    "nodeSelector": {"accelerator": "nvidia-l4"},
                    "containers": [{"resources": {"cpuIdle": False}}],
                }
            },
        ),
    ),
    check=is_true(
        "template.containers[].resources.cpuIdle",
        "so its processor is paid for while it waits",
        unless=is_there("template", "nodeSelector", "accelerator"),
    ),
)

RUN_SHARED = Rule(
    id="cost-cloudrun-concurrency",
    title="A copy of a Cloud Run service answers several requests at a time.",
    severity="low",
    types=(_SERVICE,),
    rationale="with one at a time, ten callers at once are ten copies, each paid for",
    fix="template={…, max_instance_request_concurrency: 16}",
    sources=("Cloud Run, 'Maximum concurrent requests for services'",),
    levels=ADVICE,
    passes=Sample(_SERVICE, {"template": {"maxInstanceRequestConcurrency": 16}}),
    fails=Sample(_SERVICE, {"template": {"maxInstanceRequestConcurrency": 1}}),
    check=within(
        "template.maxInstanceRequestConcurrency",
        2,
        None,
        "so each caller is a copy of its own",
        absent="passes",
    ),
)

RUN_NO_GPU_IN_DEV = Rule(
    id="cost-cloudrun-gpu",
    title="In dev no Cloud Run service has a GPU.",
    severity="high",
    types=(_SERVICE,),
    rationale="a GPU costs about 500 USD a month while a copy is there",
    fix="no gpu in the target, or in template.node_selector, in dev",
    sources=("Cloud Run pricing, 'GPU'",),
    levels=DEV_ONLY,
    passes=Sample(_SERVICE, {"template": {"containers": []}}),
    fails=Sample(_SERVICE, {"template": {"nodeSelector": {"accelerator": "nvidia-l4"}}}),
    check=is_left_out("template.nodeSelector.accelerator", "a GPU, paid for while a copy is there"),
)

APP_SIZE = Rule(
    id="cost-gae-flex-min",
    title="An App Engine version in dev keeps one machine.",
    severity="low",
    types=(_VERSION,),
    rationale="App Engine's flexible environment never scales to none; each machine costs",
    fix="automatic_scaling={min_total_instances: 1, …} in dev",
    sources=("App Engine pricing, 'Flexible environment instances'",),
    levels=ADVICE_IN_DEV,
    parameters={"most": Parameter(1, "largest number of machines that are always there")},
    passes=Sample(_VERSION, {"automaticScaling": {"minTotalInstances": 1}}),
    fails=Sample(_VERSION, {"automaticScaling": {"minTotalInstances": 2}}),
    check=within(
        "automaticScaling.minTotalInstances", None, "most", "day and night", absent="passes"
    ),
)

POOL_SMALL_IN_DEV = Rule(
    id="cost-vertex-pool-min-replicas",
    title="In dev one machine serves a Vertex AI model.",
    severity="high",
    types=(_POOL,),
    rationale="Vertex AI never scales to none; each machine costs, asked or not",
    fix="dedicated_resources={min_replica_count: 1, …} in dev",
    sources=("cleancloud gcp.vertex.endpoint.idle", "Vertex AI pricing, 'Prediction'"),
    levels=DEV_ONLY,
    parameters={"most": Parameter(1, "largest number of machines that are always there")},
    passes=Sample(_POOL, {"dedicatedResources": {"minReplicaCount": 1}}),
    fails=Sample(_POOL, {"dedicatedResources": {"minReplicaCount": 2}}),
    check=within(
        "dedicatedResources.minReplicaCount", None, "most", "day and night", absent="passes"
    ),
)

GARDEN_SMALL_IN_DEV = replace(
    POOL_SMALL_IN_DEV,
    id="cost-vertex-min-replicas",
    title="In dev one machine serves a model of the Model Garden.",
    types=(_GARDEN,),
    fix="deploy_config={dedicated_resources: {min_replica_count: 1, …}} in dev",
    passes=Sample(_GARDEN, {"deployConfig": {"dedicatedResources": {"minReplicaCount": 1}}}),
    fails=Sample(_GARDEN, {"deployConfig": {"dedicatedResources": {"minReplicaCount": 2}}}),
    check=within(
        "deployConfig.dedicatedResources.minReplicaCount",
        None,
        "most",
        "day and night",
        absent="passes",
    ),
)

RELIABILITY = (PROBED,)
COST = (
    RUN_CAPPED,
    FUNCTION_CAPPED,
    RUN_SLEEPS_IN_DEV,
    FUNCTION_SLEEPS_IN_DEV,
    RUN_BY_REQUEST,
    RUN_SHARED,
    RUN_NO_GPU_IN_DEV,
    APP_SIZE,
    POOL_SMALL_IN_DEV,
    GARDEN_SMALL_IN_DEV,
)
