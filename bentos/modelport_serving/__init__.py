"""The runtime that every bundle carries: record, predictor and HTTP application.

Importing it silences libraries that would tell their makers about models and machines.
"""

import os

QUIET = {
    "BENTOML_DO_NOT_TRACK": "true",
    "DO_NOT_TRACK": "true",
    # ONNX Runtime sends names and hashes of models to Microsoft unless this is set before it is
    # imported: its Privacy.md, "Disabling Telemetry", since 1.29 (read 2026-11-26).
    "ORT_DISABLE_TELEMETRY": "1",
}
"""Variables of an environment in which no library calls home; who sets one otherwise is heard."""

for _name, _value in QUIET.items():
    os.environ.setdefault(_name, _value)
