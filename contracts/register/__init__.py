"""What everyone must know of the register: organisations, workers, memberships."""
