"""From the wheels of a lock and own files to one zip."""
