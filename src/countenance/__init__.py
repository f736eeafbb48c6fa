"""Face recognition that does only what its owner countenances, and can prove it to a stranger."""
