"""From requirements to locks, and from locks to zips."""
