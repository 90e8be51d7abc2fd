"""Messages: `scripts/protos.py` makes the modules from the .proto files beside them."""
