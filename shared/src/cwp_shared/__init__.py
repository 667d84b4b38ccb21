"""Contracts between the services: names, S3 keys, events, errors, and thin AWS adapters.

Nothing here knows a service. What only one service needs lives in that service.
"""
