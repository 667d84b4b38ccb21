"""The made-up world behind the sandbox: rows with the shapes of real answers, from a seed."""
