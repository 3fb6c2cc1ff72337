"""The engine: frames in, estimates out. Knows no Django."""
