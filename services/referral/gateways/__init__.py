"""What lies outside: who takes codes and messages over for practices' records."""
