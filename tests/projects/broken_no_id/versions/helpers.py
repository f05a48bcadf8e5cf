"""Not a revision at all."""


def helper():
    return 1
