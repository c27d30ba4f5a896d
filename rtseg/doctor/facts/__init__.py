"""What there is: one noun per file, a frozen dataclass and the function that reads it."""
