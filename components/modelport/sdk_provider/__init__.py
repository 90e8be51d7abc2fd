"""Providers of SDK packages: inputs checked against the installed SDK, whatever stands behind.

backing.py      contract of what stands behind
servicer.py     the engine's protocol
"""
