"""A gallery that is larger than a machine, held in parts by several; each part trusts the log's key alone."""
