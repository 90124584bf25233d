"""A script that the Python which builds a source runs: standard library only, nothing of ours."""
