"""From what is asked to one checked lock a target, and why there is none."""
