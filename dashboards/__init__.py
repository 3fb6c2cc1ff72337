"""From a stored estimate to a picture."""
