"""What can be wrong with the machine, in words for the person at the terminal."""


class StackError(Exception):
    """The stack cannot start or go on; the message says why and what to do."""
