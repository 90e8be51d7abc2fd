"""Targets on Amazon Web Services, one module for each kind."""
