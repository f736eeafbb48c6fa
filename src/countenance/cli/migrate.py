"""countenance migrate: move a legacy gallery in, account for every record, publish it, take it back."""

from __future__ import annotations

import typer

from countenance.cli import migrate_check, migrate_fetch, migrate_publish, migrate_run

app = typer.Typer(no_args_is_help=True, help="Move a legacy gallery in; every record is accounted for.")
app.command("plan")(migrate_run.plan)
app.command("run")(migrate_run.run)
app.command("status")(migrate_run.status)
app.command("pause")(migrate_run.pause)
app.command("screen")(migrate_publish.screen)
app.add_typer(migrate_publish.held, name="held")
app.command("verify")(migrate_check.verify)
app.command("shadow")(migrate_check.shadow)
app.command("report")(migrate_check.report)
app.command("publish")(migrate_publish.publish)
app.command("rollback")(migrate_publish.rollback)
app.command("fetch-compreface")(migrate_fetch.fetch_compreface)
