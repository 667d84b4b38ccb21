"""Commands for development: build, schema export."""
