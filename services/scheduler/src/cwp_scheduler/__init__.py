"""Decides what is due, opens runs, cuts them into page jobs, and moves watermarks."""
