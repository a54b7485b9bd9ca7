"""The benchmarks: each a command that prints a table; `python -m bench` runs all of them."""
