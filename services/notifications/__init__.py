"""Messages: who may be told what, until when, and what became of it."""
