"""The command line: one module a command. Holds no logic of its own beyond options, exit codes and what is printed."""
