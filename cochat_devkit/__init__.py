"""A local mirror and an offline plugin development kit for CoChat and Open WebUI servers."""

__version__ = "0.1.0"
