"""Platforms: one module for each kind of target; it turns a plan into resources, line for line."""
