"""One suite of promises about the HTTP contract, held by the local server and by the real ones alike."""
