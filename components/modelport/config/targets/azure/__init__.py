"""Targets on Azure, one module for each kind."""
