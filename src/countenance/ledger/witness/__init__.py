"""The witness: cosigns what only ever grows (C2SP tlog-witness). It is trusted by its own readers, never by the log."""
