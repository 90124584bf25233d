"""Files of the repository, and those that we write: paths, folders, patterns, TOML."""
