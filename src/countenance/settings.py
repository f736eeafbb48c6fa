"""Every setting, typed, read once."""
