"""Measurements, each one command: `make bench-<name>`."""
