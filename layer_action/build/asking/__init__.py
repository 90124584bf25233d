"""What a layer asks for, as its files say it: requirements, projects, locks as texts, indexes."""
