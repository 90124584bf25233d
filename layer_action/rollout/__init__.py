"""Doing a plan, safely: publish, then move functions, or put them back."""
