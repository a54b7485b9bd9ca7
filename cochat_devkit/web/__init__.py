"""The web pages of `cochat browse`: read-only, on loopback, and the same as a static site."""
