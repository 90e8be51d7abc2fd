"""Offline: what stands behind the cloud SDKs where there is no account, no credential, no network.

Answers are invented: deterministic, plausible by name and type, and marked so that nobody takes
them for real (`marks.py`).
"""

from modelport.offline.backing import OfflineBacking
from modelport.offline.marks import is_offline_id

__all__ = ["OfflineBacking", "is_offline_id"]
