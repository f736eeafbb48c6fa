"""What waits for a human or for time; trusted to say what is on file, not what is permitted."""
