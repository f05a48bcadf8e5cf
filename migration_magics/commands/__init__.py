"""The use cases: a workspace and arguments in, one result out. Nothing here prints, asks or imports IPython."""
