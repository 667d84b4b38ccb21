"""What the pipeline costs a month: what is used, times stated prices.

`usage` says what a month uses, in AWS's units. It is measured on a stage (`measured`) or worked out
from a stated workload (`workload`, by rates that were measured once: `rates`); `bill` multiplies it
by `prices`. `waking` counts what Redshift Serverless charges for.
"""
