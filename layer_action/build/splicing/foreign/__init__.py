"""Scripts that the target's own Python runs (3.9 and later): standard library only, nothing of ours."""
