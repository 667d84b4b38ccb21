"""One module per group of commands: arguments in, printed answers out."""
