an editor lock
