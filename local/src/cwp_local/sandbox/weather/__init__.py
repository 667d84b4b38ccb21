"""How a company's service can misbehave on command: `model` says how, `forecast` makes it so."""
