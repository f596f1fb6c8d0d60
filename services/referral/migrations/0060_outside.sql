-- Whoever referred from outside the practices sees what became of that referral, and nothing else:
-- its steps, whether the person was spoken to since, and that a message about it was sent.
-- The practice of the person and their network are found by the policies there were before; these
-- are asked last, by index, and for reading alone.

create policy referral_status_of_its_referrer on referral_status
for select using (
    exists (
        select
        from referral
        where
            referral.id = referral_status.referral_id
            and referral.referrer_code = any ((select visible_organisations())::text[])
    )
);

create policy contact_of_its_referrer on contact
for select using (
    exists (
        select
        from referral
        where
            referral.episode_id = contact.episode_id
            and referral.referrer_code = any ((select visible_organisations())::text[])
            and referral.occurred_at <= contact.occurred_at
    )
);

create policy message_of_its_referrer on message
for select using (
    message.recipient_kind = 'referrer'
    and exists (
        select
        from referral
        where
            referral.id = message.referral_id
            and referral.referrer_code = any ((select visible_organisations())::text[])
    )
);
