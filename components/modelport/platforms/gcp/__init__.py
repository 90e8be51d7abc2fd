"""Kinds on Google Cloud, and what they share."""
