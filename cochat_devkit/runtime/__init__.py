"""Load and run plugins as the server does, outside our own process."""
