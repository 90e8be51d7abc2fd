"""Kind `local`: supervised processes on this machine."""
