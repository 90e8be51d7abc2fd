"""Kinds on Azure, and what they share."""
