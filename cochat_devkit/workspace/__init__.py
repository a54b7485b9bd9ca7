"""The files of a workspace: where they lie, how they are read, and how they are written without losing any."""
