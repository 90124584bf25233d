"""What would go wrong with a layer once functions use it."""
