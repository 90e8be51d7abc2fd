"""The pack modelport-security."""

from pathlib import Path

from modelport_policies import SECURITY
from modelport_policies.pack import run_pack

run_pack("modelport-security", SECURITY, Path(__file__).parent)
