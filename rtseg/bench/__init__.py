"""How fast something is, measured so that it can be believed and repeated."""
