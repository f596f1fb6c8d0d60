-- Who a record names: the record that speaks for it, with the number of one that it speaks for where
-- it has none. Whatever leaves the network or goes on elsewhere names a person by this and by
-- nothing else, so that a merge, its undoing and a correction count from the next look on.
-- It shows to each who asks what they may see of the records themselves.

create view speaking_person with (security_invoker = true) as
select
    record.id as record_id, speaking.id as person_id, speaking.pcn_code, speaking.practice_code,
    coalesce(
        speaking.nhs_number,
        (
            select merged.nhs_number
            from person_merge
            join person as merged on merged.id = person_merge.merged_person_id
            where
                person_merge.kept_person_id = speaking.id
                and person_merge.undone_at is null
                and merged.nhs_number is not null
            order by person_merge.id
            limit 1
        )
    ) as nhs_number,
    speaking.given_name, speaking.family_name, speaking.preferred_name, speaking.birth_date,
    speaking.address_lines, speaking.postcode, speaking.gender, speaking.ethnicity_category,
    speaking.phone, speaking.email, speaking.preferred_channel, speaking.language,
    speaking.interpreter_needed, speaking.access_needs
from person as record
join person as speaking on speaking.id = coalesce(record.merged_into, record.id);

grant select on speaking_person to {api_role};
grant select on speaking_person to {worker_role};
