-- A message may be about a question to the owner of a listing instead of a referral. Such a row
-- belongs to the region, whose stream tells what became of it. The code before this sees none of these
-- rows: it looks for the codes of PCNs.
-- squawk-ignore-file ban-drop-not-null, ban-drop-constraint, constraint-missing-not-valid, require-concurrent-index-deletion

alter table intent
    alter column pcn_code drop not null,
    alter column practice_code drop not null,
    alter column referrer_code drop not null,
    alter column referral_id drop not null,
    alter column episode_id drop not null,
    alter column person_id drop not null,
    add column region_code text,
    add column check_id uuid,
    add column listing_id uuid,
    drop constraint intent_recipient_kind_known,
    add constraint intent_recipient_kind_known
    check (recipient_kind in ('referrer', 'person', 'owner')),
    add constraint intent_about_a_referral_or_a_listing check (
        case
            when recipient_kind = 'owner'
                then num_nulls(region_code, check_id, listing_id) = 0
                    and num_nonnulls(
                        pcn_code, practice_code, referrer_code, referral_id, episode_id, person_id
                    ) = 0
            else num_nonnulls(region_code, check_id, listing_id) = 0
                and num_nulls(
                    pcn_code, practice_code, referrer_code, referral_id, episode_id, person_id
                ) = 0
        end
    );

-- Each stream has its share of the sending, whatever it stands for.
drop index intent_due;
create index intent_due on intent ((coalesce(pcn_code, region_code)), next_attempt_at)
where state in ('pending', 'sending');
create index intent_by_region on intent (region_code, recorded_at desc, id desc)
where region_code is not null;

drop policy intent_of_pcn on intent;
create policy intent_of_caller on intent
    using (
        pcn_code = any ((select visible_organisations())::text[])
        or region_code = any ((select visible_organisations())::text[])
    );
