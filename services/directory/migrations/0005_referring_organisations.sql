-- Hospitals, councils and voluntary groups that refer. One with an ODS code is known by it, any
-- other by the id of its organisation here.
-- The register is small: neither checking it nor an index over it takes long.
-- squawk-ignore-file constraint-missing-not-valid, ban-drop-constraint, require-concurrent-index-creation

alter table register_organisation
    add column referrer_kind text,
    drop constraint register_organisation_kind_known,
    add constraint register_organisation_kind_known
    check (kind in ('region', 'pcn', 'practice', 'organization')),
    add constraint register_organisation_that_refers_is_of_a_kind check (
        (kind = 'organization') = (referrer_kind is not null)
        and (referrer_kind in ('hospital', 'council', 'voluntary-sector', 'other')) is not false
    );

-- Row policies know a code and not its kind: one code must never open what another kind holds.
create unique index register_organisation_code_is_used_once on register_organisation (code);
