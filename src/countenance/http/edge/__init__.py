"""What every dialect stands on: who calls, how much it may send, where the work runs; knows no dialect."""
