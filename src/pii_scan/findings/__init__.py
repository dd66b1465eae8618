"""What is kept of what was found: masks, keyed fingerprints, places; written to and read from run folders."""
