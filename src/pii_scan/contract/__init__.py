"""The contract of an export: what it may hold, what was seen in it, and where the two differ.

Reads no export and prints nothing: `engines.inspect` reads, `report` prints.
"""
