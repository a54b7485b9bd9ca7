"""The test kit: plugins in the process of a test, called as the server calls them, and watched while they run.

Imported by the fixtures of `cochat_devkit.pytest_plugin` alone, and only where a test asks for one.
"""
