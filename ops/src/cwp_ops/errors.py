"""What an operator is told when a command cannot do what it was asked to."""


class OperatorError(Exception):
    """One clear sentence that names the thing and says what to do. Ends a command with code 1."""
