"""Feasibility: what each platform can hold, from tables with source and date; pure functions."""

from modelport.feasibility.capabilities import (
    Capability,
    capabilities,
    capability,
    grpc_refusal,
    rollout_refusal,
)
from modelport.feasibility.judgement import Judgement, judge
from modelport.feasibility.kinds import KINDS, Kind
from modelport.feasibility.limits import Limit, limits, limits_of
from modelport.feasibility.sources import Source, sources
from modelport.feasibility.uses import Tightness, tightest

__all__ = [
    "KINDS",
    "Capability",
    "Judgement",
    "Kind",
    "Limit",
    "Source",
    "Tightness",
    "capabilities",
    "capability",
    "grpc_refusal",
    "judge",
    "limits",
    "limits_of",
    "rollout_refusal",
    "sources",
    "tightest",
]
