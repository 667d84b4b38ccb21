"""`cwpipe`, the operator's command: the same on the embedded cloud and on AWS.

`commands/` reads arguments and prints; the modules beside it hold the logic and take clients as
arguments; `cloud_clients` builds those for a stage.
"""
