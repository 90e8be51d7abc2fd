"""Kind `gcp.functions`: a function of Cloud Functions, second generation."""
