"""Sample tools: each file is the source of one plugin, read as text and never imported."""
