"""Wheels: fetched, verified and noted in a cache, opened, and chosen by their tags."""
