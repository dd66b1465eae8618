"""Norwegian person names, offline: a small conditional random field over capitalised words, and columns of tables."""
