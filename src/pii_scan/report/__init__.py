"""Reports of a finished run, made from what was stored. Knows nothing of scanning."""
