-- Most people who are referred are on no record yet. Whoever enters somebody waits for the other
-- writers of the same people and then asks whether anybody is known: in one call, because what
-- they committed is seen only by a statement that begins after the wait.

create function is_anyone_known(
    buckets integer[], pcn_codes text[], nhs_numbers text[], likenesses text[]
) returns boolean
language plpgsql
as $$
begin
    -- Ascending, as given, so that two batches never wait for each other in a circle.
    perform pg_advisory_xact_lock(7310, bucket)
    from unnest(buckets) as wanted (bucket);
    -- Each is looked up by itself, so that few are never found by reading all.
    return exists (
        select
        from unnest(pcn_codes, nhs_numbers) as wanted (pcn_code, nhs_number)
        cross join lateral (
            select
            from person
            where person.pcn_code = wanted.pcn_code and person.nhs_number = wanted.nhs_number
            limit 1
        ) as numbered
    )
    or exists (
        select
        from unnest(pcn_codes, likenesses) as wanted (pcn_code, likeness)
        cross join lateral (
            select
            from person
            where person.pcn_code = wanted.pcn_code and person.likeness = wanted.likeness
            limit 1
        ) as alike
    );
end
$$;
