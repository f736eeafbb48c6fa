"""Run a model: one Protocol, one file per runtime; trusts the model files that the store has verified."""
