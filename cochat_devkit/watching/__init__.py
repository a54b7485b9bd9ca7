"""Watch folders: file events to a queue, and bursts of them to rounds."""
