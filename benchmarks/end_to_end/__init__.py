"""Sandbox to warehouse: the deployed services beside dlt."""
