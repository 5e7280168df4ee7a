"""Prints every figure that the README claims. One module a command; nothing here is timed by tests."""
