"""What became of the messages the platform meant to send."""
