"""Every verb in one place, in the order a newcomer needs them."""

import typer

from runner.cli import data, feeds, lifecycle, looking, populations, quality, single

HELP = """Waymark on this machine: Kafka, PostgreSQL, four services and the console, without Docker.

Exit codes: 0 done, 1 refused or failed, 2 wrong use, 3 the machine lacks something,
4 another command is at it, 5 not running, 6 not allowed.
"""

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(lifecycle.up)
app.command()(lifecycle.down)
app.command()(lifecycle.reset)
app.command()(looking.status)
app.command()(looking.logs)
app.command()(looking.doctor)
app.command()(looking.token)
app.command()(looking.config)
app.command()(data.seed)
app.add_typer(data.sim, name="sim")
app.add_typer(populations.imports, name="import")
populations.imports.command("feed")(feeds.import_feed)
app.command()(single.start)
app.command()(single.stop)
app.command()(single.kill)
app.command()(single.pause)
app.command()(single.resume)
app.command()(data.replay)
app.add_typer(data.quarantine, name="quarantine")
app.command("test", context_settings=quality.PASS_ON)(quality.run_tests)
app.command()(quality.check)
app.command(context_settings=quality.PASS_ON)(quality.bench)


def main() -> None:
    """Run the verb that was typed."""
    app(prog_name="./waymark")
