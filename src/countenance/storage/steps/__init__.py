"""The steps of the schema, in order; one file each, named ``step_NNNN_what.py``."""
