"""How old the records in a document are: dates in its data, in its name, of its file."""
