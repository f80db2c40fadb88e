"""How fast this machine trains: every figure a ratio to loops as others write them, timed in turn with ours."""
