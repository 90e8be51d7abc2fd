"""Kind `gcp.app_engine`: a service of App Engine's flexible environment."""
