"""The base of every error that a user can mend."""


class UserError(Exception):
    """`str()` is a sentence: what is wrong, where, what to do. The command line prints it and exits with status 2."""
