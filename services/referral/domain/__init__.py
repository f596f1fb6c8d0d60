"""What may happen to people, referrals and episodes: plain values in, plain values or a refusal out.

Not here   Storage, events and HTTP.
"""
