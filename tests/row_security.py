"""Asks a database whether its walls stand: row policies forced, roles kept apart, no rows unscoped."""

from collections.abc import Mapping

import asyncpg

from chassis.provisioning import Provisioned

TENANT_COLUMNS = ("pcn_code", "practice_code", "stream")

# Tables that hold a tenant's code and no row of a tenant's: each says why it is open.
OPEN_TABLES: Mapping[str, str] = {
    "access_organisation": "the register of organisations, which every service knows whole",
    "outbox": "the api role may add to it and read nothing",
    "journal": "read by the platform's own services, under a policy of its own",
    "stream_head": "as the journal",
    "consumer_position": "how far each stream is, for operators: numbers only",
    "quarantine": "events, which name nobody; opened by operators, with a reason",
    "quarantine_opening": "who opened a quarantined event; the api role adds and operators look",
    "stream_wish": "what operators asked for, by stream",
} | {f"journal_{part}": "a part of the journal" for part in range(8)}


async def faults_of(
    database: Provisioned, open_tables: Mapping[str, str] = OPEN_TABLES
) -> list[str]:
    """Give one line for each wall that does not stand."""
    owner = await asyncpg.connect(database.owner_url)
    try:
        found = await _role_faults(owner, database)
        for table in await _tenant_tables(owner):
            if table not in open_tables:
                found += await _policy_faults(owner, table)
    finally:
        await owner.close()
    return found + await _unscoped_faults(database, open_tables)


async def _tenant_tables(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch(
        """
        select distinct c.oid::regclass::text as name
        from pg_class as c
        join pg_attribute as a on a.attrelid = c.oid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and a.attname = any ($1) and not a.attisdropped
        order by 1
        """,
        TENANT_COLUMNS,
    )
    return [row["name"] for row in rows]


async def _policy_faults(connection: asyncpg.Connection, table: str) -> list[str]:
    row = await connection.fetchrow(
        """
        select relrowsecurity, relforcerowsecurity,
            (select count(*) from pg_policy where polrelid = c.oid) as policies,
            (
                select count(*) from pg_policy
                where polrelid = c.oid and polcmd in ('*', 'a', 'w') and polwithcheck is null
                    and polqual is null
            ) as unchecked
        from pg_class as c where c.oid = $1::regclass
        """,
        table,
    )
    faults: list[str] = []
    if not row["relrowsecurity"]:
        faults.append(f"{table}: row-level security is not enabled")
    if not row["relforcerowsecurity"]:
        faults.append(f"{table}: row-level security is not forced")
    if not row["policies"]:
        faults.append(f"{table}: it has no policy")
    if row["unchecked"]:
        faults.append(f"{table}: a policy does not check what is written")
    return faults


async def _role_faults(connection: asyncpg.Connection, database: Provisioned) -> list[str]:
    faults: list[str] = []
    for kind, may_bypass in (("api", False), ("worker", True), ("owner", False)):
        role = _role(getattr(database, f"{kind}_url"))
        row = await connection.fetchrow("select * from pg_roles where rolname = $1", role)
        if row["rolsuper"] or row["rolcreaterole"] or row["rolcreatedb"]:
            faults.append(f"{kind}: it can do what only a superuser should")
        if row["rolbypassrls"] != may_bypass:
            faults.append(f"{kind}: row-level security is {'kept' if may_bypass else 'bypassed'}")
        if kind == "owner":
            continue
        owned = await connection.fetchval(
            "select count(*) from pg_class where relowner = $1::regrole", role
        )
        if owned:
            faults.append(f"{kind}: it owns {owned} tables")
        faults += [
            f"{kind}: it can become {other}"
            for other in {"owner", "worker"} - {kind}
            if await connection.fetchval(
                "select pg_has_role($1, $2, 'member')",
                role,
                _role(getattr(database, f"{other}_url")),
            )
        ]
    return faults


async def _unscoped_faults(database: Provisioned, open_tables: Mapping[str, str]) -> list[str]:
    """Count what the api role reads when a transaction forgot to say for whom."""
    api = await asyncpg.connect(database.api_url)
    faults: list[str] = []
    try:
        if (await api.fetchval("select current_user")) != _role(database.api_url):
            faults.append("api: the connection is under another role")
        for table in await _tenant_tables(api):
            if table in open_tables:
                continue
            try:
                count = await api.fetchval(f"select count(*) from {table}")
            except asyncpg.InsufficientPrivilegeError:
                continue
            if count:
                faults.append(f"{table}: {count} rows are seen by a transaction that names nobody")
    finally:
        await api.close()
    return faults


def _role(url: str) -> str:
    return url.partition("://")[2].partition(":")[0]
