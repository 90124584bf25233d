"""The whole job on the shop's repository, narrated and checked: `python -m examples.demo`."""
