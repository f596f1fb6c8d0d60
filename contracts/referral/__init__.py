"""What the referral service tells: people, referrals, contacts and goals."""
