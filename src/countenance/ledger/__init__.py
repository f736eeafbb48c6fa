"""The append-only log; verifiable alone, from files and public keys."""
