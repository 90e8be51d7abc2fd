"""Live: reads a deployed service back, proves it, and moves its traffic step by step.

service.py   what a platform must offer
waiting.py   until a service has settled
golden.py    its golden answers
proof.py     whether it is the one that was asked for
watch.py     one step of a rollout
traffic.py   all steps, and the way back
"""

from modelport.live.golden import GoldenCheck
from modelport.live.proof import Expected, prove
from modelport.live.service import Answer, Found, LiveService, Names, NotReachable, service_of
from modelport.live.traffic import roll_out

__all__ = [
    "Answer",
    "Expected",
    "Found",
    "GoldenCheck",
    "LiveService",
    "Names",
    "NotReachable",
    "prove",
    "roll_out",
    "service_of",
]
