"""What is wrong with this machine for running rtseg: facts gathered once, then judged."""
