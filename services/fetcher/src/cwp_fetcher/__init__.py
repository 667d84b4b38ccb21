"""Turns one page job into one landed page body and one event, kindly and completely."""
