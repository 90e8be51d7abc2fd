"""Config: what a user may write, as plain frozen data; no Pulumi, no cloud, no I/O but its file.

deployment.py   StackConfig > Deployment: bundle, owner, auth, limits, serving
targets/        where it runs, one model for each kind
gate.py         what a model must score
workload.py     what is known of requests and model
rollout.py      how a new version takes over
slo.py          how good it promises to be
stackfile.py    Pulumi.<stack>.yaml, with lines
problems.py     what is wrong, with the nearest fix
schema.py       JSON Schema for editors
"""

from modelport.config.deployment import Deployment, Limits, Serving, StackConfig
from modelport.config.gate import Gate, Threshold
from modelport.config.rollout import Canary, CanaryRollout, Shadow, ShadowRollout
from modelport.config.schema import schema_text, stack_schema
from modelport.config.slo import LatencyObjective, Slo
from modelport.config.stackfile import parse, read_stack_file
from modelport.config.targets import TARGETS, CloudTarget, LocalTarget, Replicas, Target
from modelport.config.workload import Workload

__all__ = [
    "TARGETS",
    "Canary",
    "CanaryRollout",
    "CloudTarget",
    "Deployment",
    "Gate",
    "LatencyObjective",
    "Limits",
    "LocalTarget",
    "Replicas",
    "Serving",
    "Shadow",
    "ShadowRollout",
    "Slo",
    "StackConfig",
    "Target",
    "Threshold",
    "Workload",
    "parse",
    "read_stack_file",
    "schema_text",
    "stack_schema",
]
