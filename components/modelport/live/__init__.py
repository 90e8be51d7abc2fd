"""Live: reads a deployed service back, proves it, and moves its traffic step by step.

service.py   what a platform must offer
caller.py    the key or token that it is asked with
waiting.py   until a service has settled
golden.py    its golden answers
proof.py     whether it is the one that was asked for
watch.py     one step of a rollout
traffic.py   all steps, and the way back
"""

from modelport.live.caller import Caller, prove_at
from modelport.live.golden import GoldenCheck
from modelport.live.proof import Expected, prove
from modelport.live.service import Answer, Found, LiveService, Names, NotReachable, service_of
from modelport.live.traffic import roll_out

__all__ = [
    "Answer",
    "Caller",
    "Expected",
    "Found",
    "GoldenCheck",
    "LiveService",
    "Names",
    "NotReachable",
    "prove",
    "prove_at",
    "roll_out",
    "service_of",
]
