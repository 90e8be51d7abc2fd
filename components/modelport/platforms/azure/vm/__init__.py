"""Kind `azure.vm`: a scale set of virtual machines."""
