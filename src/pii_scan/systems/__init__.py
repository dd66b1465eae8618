"""Which system a document is from: profiles of systems, their signals, and the attribution of each document."""
