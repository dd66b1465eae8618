"""Opened documents to text: what a document is, what reads it, what is inside it."""
