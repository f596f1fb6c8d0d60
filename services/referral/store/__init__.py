"""The referral service's tables, by one typed function per query."""
