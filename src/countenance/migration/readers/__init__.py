"""One file a source; each yields legacy records and decides nothing else."""
