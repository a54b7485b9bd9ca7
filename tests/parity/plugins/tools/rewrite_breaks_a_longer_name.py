from configparser import ConfigParser


class Tools:
    def f(self, text: str):
        """Read an INI file."""
        return ConfigParser()
