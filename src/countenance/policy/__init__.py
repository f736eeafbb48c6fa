"""Pure judgement: may this principal, for this purpose, do this, and why; it trusts no caller's words."""
