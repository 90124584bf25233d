"""The checkout that a run works on, through git."""
