"""The analyst's door: JSON over HTTP, opened by tokens."""
