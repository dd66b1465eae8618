"""Databases as sources: each table and view is a document, read-only, streamed, one module for each kind of server."""
