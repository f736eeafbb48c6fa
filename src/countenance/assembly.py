"""Builds the rooms from settings; the only place that knows every room."""
