"""Signing and sealing keys: make, load, destroy; destroying a key is how we forget."""
