"""The commands of `mixrepro`, one a module; `cli` registers them."""
