"""Ratios against what users do today, and against what the machine can do. Printed, never asserted."""
