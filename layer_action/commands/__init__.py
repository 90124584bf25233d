"""One module a command, each a page of prose."""
