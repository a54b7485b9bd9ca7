"""Install, start and stop real Open WebUI servers on this machine."""
