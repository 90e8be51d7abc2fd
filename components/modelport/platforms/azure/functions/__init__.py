"""Kind `azure.functions`: a function app that runs the container."""
