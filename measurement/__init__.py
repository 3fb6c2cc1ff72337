"""From a logged task to a stored estimate."""
