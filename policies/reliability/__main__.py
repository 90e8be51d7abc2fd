"""The pack modelport-reliability."""

from pathlib import Path

from modelport_policies import RELIABILITY
from modelport_policies.pack import run_pack

run_pack("modelport-reliability", RELIABILITY, Path(__file__).parent)
