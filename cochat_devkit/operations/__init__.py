"""One verb a module: the order of steps, and who is told what."""
