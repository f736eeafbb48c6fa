"""The Azure Face dialect; trusted to translate and to decide nothing."""
