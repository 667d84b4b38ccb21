"""How often the warehouse is woken, and what that costs, with and without windows."""
