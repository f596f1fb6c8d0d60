-- What the roles of each network are, as the directory's register tells it. Anybody may read it:
-- people look it up before they are referred, without signing in.

create table known_role (
    pcn_code text not null,
    role text not null,
    -- Null once the network has the role no longer: an older event must not bring it back.
    description jsonb,
    number bigint not null,
    changed_at timestamptz not null,
    constraint known_role_pkey primary key (pcn_code, role)
);

grant select on known_role to {api_role};
grant select, insert, update on known_role to {worker_role};
