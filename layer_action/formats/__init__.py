"""What a published layer carries, written and read back."""
