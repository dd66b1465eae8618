"""Where an organisation keeps its data: the targets that a configuration file names, and what it says of each."""
