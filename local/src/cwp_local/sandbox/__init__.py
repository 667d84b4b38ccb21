"""A stand-in for the ConnectWise PSA REST API, faithful enough for real client libraries.

`python -m cwp_local.sandbox` serves it; `cwp_local.sandbox.control` steers it from Python.
local/README.md says what is simulated, and `tables` how to add a collection.
"""
