"""Error rates measured, each with its interval. It compares nothing: the gallery hands it scores, under a receipt."""
