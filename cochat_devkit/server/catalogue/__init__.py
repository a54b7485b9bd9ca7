"""The sources of the sample catalogue, by folder; `server/samples.py` says what becomes of each."""
