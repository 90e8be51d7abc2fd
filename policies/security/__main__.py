"""The pack modelport-security."""

from modelport_policies import SECURITY
from modelport_policies.pack import run_pack

run_pack("modelport-security", SECURITY)
