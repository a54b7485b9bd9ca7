"""The mirror, `mirror.db`: what the servers showed, and what was agreed."""
