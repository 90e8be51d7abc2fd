"""Rules about security and cost; the packs beside this package are thin entry points."""
