"""Modelport: one typed config becomes a live, checked model endpoint."""

__version__ = "0.1.0"
