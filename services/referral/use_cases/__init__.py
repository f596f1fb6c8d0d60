"""What the referral service does when asked: lock and load, decide, store and tell."""
