"""Training: many runs at once, by the paper's trial protocol."""
