"""The local server: a stand-in for CoChat and Open WebUI, with the real servers' answers and quirks."""
