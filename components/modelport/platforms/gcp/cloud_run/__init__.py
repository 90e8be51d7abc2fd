"""Kind `gcp.cloud_run`: a service of Cloud Run."""
