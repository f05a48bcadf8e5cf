"""The only room that imports IPython: it reads magics, hands them to `commands` and returns their results."""
