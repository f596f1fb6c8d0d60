-- Organisations that refer beside the practices, and who holds something at one organisation.
-- The register is small: neither takes long.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, ban-drop-constraint

alter table access_organisation
    add column referrer_kind text,
    drop constraint access_organisation_kind_is_known,
    add constraint access_organisation_kind_is_known
    check (kind in ('region', 'pcn', 'practice', 'organization'));

-- Whoever must be found by what they hold is found where they hold it.
create index access_membership_of_organisation
on access_membership (organisation_kind, organisation_code, role);
