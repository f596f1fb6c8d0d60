"""What exists only in demo mode: issuer, mail sink, receiver, synthetic region. Never in a region's image."""
