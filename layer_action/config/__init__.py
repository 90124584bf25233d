"""The config file: which layers there are, and how they are built, published and followed."""
