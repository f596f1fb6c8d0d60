-- The words that the rules had when they proposed a role: the file of rules says other things later.

alter table triage add column rule_words text[];

-- Row policies are forced on the owner too, who names no organisation.
alter table triage no force row level security;
with
    -- All that was proposed until now was proposed by the first version.
    said (rule, words) as (
        values
        ('care-to-hold-together', 'A long-term condition with much coming together: somebody has to hold the care together.'),
        ('several-needs', 'Several needs come together. A link worker has the time to find out what matters most.'),
        ('much-comes-together', 'Much comes together in this person''s life, so it takes more than one conversation.'),
        ('cannot-wait', 'It cannot wait, so somebody stays with it until the person has arrived somewhere.'),
        ('alone-and-unsure', 'Somebody alone, grieving, low or caring, and unsure of the next step, is better accompanied.'),
        ('health-in-own-hands', 'The person wants to do something for their health and lacks confidence: a coach builds it.'),
        ('low-confidence', 'The person is not sure of acting by themselves, so advice alone would not get them there.'),
        ('finds-own-way', 'One or two clear needs, and a person who finds their own way: telling them where is enough.'),
        ('advice-will-do', 'One practical need: somebody who says where to turn will do.'),
        ('otherwise', 'Nothing speaks for another role, so somebody takes the time to find out.')
    )
update triage
set rule_words = array(
    select coalesce(said.words, '')
    from unnest(triage.rules) with ordinality as spoke (rule, place)
    left join said using (rule)
    order by spoke.place
);
alter table triage force row level security;
