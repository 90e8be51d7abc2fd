"""Kind `aws.lambda`: a function from a container image, with published versions and an alias."""
