"""Finds entities in texts by rules: YAML recognizers, compiled together, run over contiguous buffers."""
