-- Whoever has something finds it, and what they have yet to confirm, however many consents there are.

create index consent_holder_of_recipient on consent_holder (holder_id, holder_kind, consent_id);
