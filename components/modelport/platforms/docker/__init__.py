"""Kind `docker`: containers of one machine's Docker engine."""
