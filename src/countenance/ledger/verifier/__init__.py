"""Verifies a published log and what is stated of it, from files and public keys; trusts only the keys it is given.

The whole of it, with the formats that it reads, is also one file, ``verify.pyz``.
"""
