"""Whether what the kit says offline is what the real servers say."""
