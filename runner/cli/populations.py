"""import populations: how many people there are, by age, sex, ethnicity and deprivation."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from runner.cli.data import imports
from runner.cli.output import AsJson, say, show, verb
from runner.places import places
from runner.platform import Platform
from runner.refusals import Refusal


@imports.command("populations")
@verb
def import_populations(
    file: Annotated[
        Path, typer.Argument(help="A CSV file; its columns: docs/how-to/load-populations.md")
    ],
    as_json: AsJson = False,
) -> None:
    """Load populations by age, sex, ethnicity and deprivation; again changes nothing."""
    from dataclasses import asdict

    from runner import tokens
    from runner.importing import populations
    from runner.importing.reading import FileRefused
    from runner.importing.sending import LoadStopped
    from runner.seeding import Telling

    if not file.is_file() or not os.access(file, os.R_OK):
        raise Refusal(f"{file} is not a file that can be read", "name the CSV file's path")
    platform = Platform(places(), say)
    state = platform.store.running()
    token = tokens.token(state, platform.vault, tokens.member_for("registrar", {}))
    with Telling(f"reading {file.name}") as telling:
        try:
            loaded = populations.import_populations(
                file,
                service_url=platform.http(state, "directory"),
                token=token,
                on_progress=lambda now: telling.report("bytes", now.bytes_read, now.bytes_total),
            )
        except (FileRefused, LoadStopped) as refused:
            raise Refusal(str(refused), "correct that, then import the same file again") from None
    line = (
        f"{loaded.read:,} rows, {loaded.populations:,} populations:"
        f" {loaded.changed:,} are new or different now"
    )
    show(asdict(loaded), as_json=as_json, lines=[line])
