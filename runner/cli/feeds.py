"""import feed: the verb that takes another directory in."""

from typing import Annotated

import typer

from runner.cli.output import AsJson, say, show, verb
from runner.places import places
from runner.platform import Platform
from runner.refusals import Refusal

REFUSED_SHOWN_MAX = 10
HOW_TO = "see docs/how-to/import-a-directory-feed.md"


@verb
def import_feed(
    url: Annotated[str, typer.Argument(help="Where its Open Referral UK API begins.")],
    name: Annotated[str | None, typer.Option(help="What to call it; left out, its host.")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Read everything again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take in the listings of another directory; again takes what changed since."""
    from runner import tokens
    from runner.importing import feeds
    from runner.importing.sending import LoadStopped
    from runner.seeding import Telling

    platform = Platform(places(), say)
    state = platform.store.running()
    token = tokens.token(state, platform.vault, tokens.member_for("registrar", {}))
    with Telling(f"reading {url}") as telling:
        try:
            run = feeds.import_feed(
                url,
                service_url=platform.http(state, "directory"),
                token=token,
                name=name,
                whole=whole,
                on_progress=lambda now: telling.report(now.what, now.done, now.total),
            )
        except LoadStopped as stopped:
            raise Refusal(str(stopped), f"{HOW_TO}; --name gives a feed another name") from None
    if run["state"] == "stopped":
        left = (
            "a part of it is here" if feeds.is_partly_there(run) else "nothing of this run is here"
        )
        raise Refusal(
            f"the run was stopped, and {left}: {run['detail']}", f"{HOW_TO} ({run['reason']})"
        )
    line = (
        f"{run['listings']:,} listings in {run['pages']:,} pages: {run['new']:,} new,"
        f" {run['changed']:,} changed, {run['same']:,} the same, {run['refused']:,} refused"
    )
    refused = [
        f"  {one['foreign_id'] or 'row ' + str(one['number'])}: {one['reason']}"
        for one in run["refused_listings"][:REFUSED_SHOWN_MAX]
    ]
    show(run, as_json=as_json, lines=[line, *refused])
