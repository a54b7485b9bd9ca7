"""The only code that speaks HTTP to a server."""
