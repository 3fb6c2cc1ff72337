"""Holds the engine's numbers against thousands of simulated trials: `make calibrate`."""
