"""What follows from the facts: pure functions, one subject per file."""
