"""Whom leads invite: files of many people read, checked, stored, and emailed to."""
