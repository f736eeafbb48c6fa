"""References at rest, sealed, and the search over them; trusts the log's key and nobody else."""
