"""GitHub and the workflow runner, behind the ports that commands speak to."""
