"""Kinds on Amazon Web Services, and what they share."""
