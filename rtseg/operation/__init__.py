"""A run that is left alone for days, as those see it who look after it."""
