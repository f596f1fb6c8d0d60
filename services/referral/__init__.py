"""People, referrals, episodes, contacts and goals: the casework of social prescribing."""
