"""The pack modelport-cost."""

from pathlib import Path

from modelport_policies import COST
from modelport_policies.pack import run_pack

run_pack("modelport-cost", COST, Path(__file__).parent)
