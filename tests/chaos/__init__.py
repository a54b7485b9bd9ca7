"""Chaos: each module is a row of the table of what is never lost, with its bar and a `run(count, seed)`."""
