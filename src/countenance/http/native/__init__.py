"""The native REST dialect; trusted to translate and to decide nothing."""
