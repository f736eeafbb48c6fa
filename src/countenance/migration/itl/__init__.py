"""ANSI/NIST-ITL: transactions and what stands in them. It trusts no length, no count and no label."""
