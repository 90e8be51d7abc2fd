"""Kind `gcp.vertex`: an endpoint of Vertex AI."""
