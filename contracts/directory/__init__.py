"""What the directory tells of organisations and listings."""
