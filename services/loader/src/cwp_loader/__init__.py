"""The loader: brings committed canonical files into the warehouse exactly once."""
