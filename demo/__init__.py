"""What exists only in demo mode: issuer, mail sink, synthetic region. Never in a region's image."""
