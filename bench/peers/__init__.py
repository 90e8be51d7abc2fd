"""Peers: the same model behind what one would use instead, each in an environment of its own."""
