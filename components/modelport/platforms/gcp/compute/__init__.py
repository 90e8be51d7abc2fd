"""Kind `gcp.compute`: a group of virtual machines on Compute Engine."""
