"""Source code that becomes wheels: projects of the repository, allowed sdists, allowed commits."""
