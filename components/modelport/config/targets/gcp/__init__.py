"""Targets on Google Cloud, one module for each kind."""
