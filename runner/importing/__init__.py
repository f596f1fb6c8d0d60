"""Loading a practice's own list of referrals from a CSV file, row by row and never by guessing."""
