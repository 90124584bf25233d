"""What commands and rollout speak to. Each adapter implements one of these; tests bring fakes."""
