"""Record-keeping duties, one file each: what a law asks to be on record, read from the log and its vault."""
