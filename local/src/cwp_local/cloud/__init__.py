"""The embedded cloud's runner: starts, deploys, stops and wipes what stands in for AWS.

Three processes on 127.0.0.1 (`parts`), all state under one directory (`home`). `cloud.up` and
`cloud.down` are what `cwpipe` and the end-to-end tests call.
"""
