"""The sides of benchmarks/recognise.py: each runs in a process of its own, with its own packages."""
