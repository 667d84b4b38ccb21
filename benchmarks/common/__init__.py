"""What all benchmarks share: machine facts, fresh child processes, results."""
