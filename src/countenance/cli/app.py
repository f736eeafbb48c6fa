"""The command line's tree of verbs; each verb is a file of its own."""

from __future__ import annotations

from typing import Annotated

import typer

from countenance.cli import (
    approvals,
    audit,
    authority,
    backup,
    charter,
    check,
    cluster,
    demo,
    detect,
    doctor,
    enrol,
    evaluate,
    find_similar,
    galleries,
    group,
    identify,
    init,
    keys,
    log,
    migrate,
    models,
    operating_point,
    records,
    restore,
    review,
    serve,
    state,
    subjects,
    verify,
    witness,
)

app = typer.Typer(
    name="countenance",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Face recognition that does only what its owner countenances, and can prove it to a stranger.",
)


@app.callback()
def _options(
    context: typer.Context,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="DIR|URL",
            help="The data directory (or $COUNTENANCE_DATA), or the PostgreSQL database that this node shares with "
            "others: postgresql://USER@HOST/NAME.",
        ),
    ] = None,
) -> None:
    context.obj = data


app.command("init")(init.init)
app.command("detect")(detect.detect)
app.command("enrol")(enrol.enrol)
app.command("enroll", hidden=True)(enrol.enrol)
app.command("verify")(verify.verify)
app.command("identify")(identify.identify)
app.command("find-similar")(find_similar.find_similar)
app.command("group")(group.group)
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(operating_point.app, name="operating-point")
app.add_typer(subjects.app, name="subjects")
app.add_typer(galleries.app, name="galleries")
app.add_typer(charter.app, name="charter")
app.add_typer(authority.app, name="authority")
app.add_typer(keys.app, name="keys")
app.add_typer(approvals.app, name="approvals")
app.add_typer(review.app, name="review")
app.add_typer(log.app, name="log")
app.command("serve")(serve.serve)
app.command("state")(state.state)
app.command("check")(check.check)
app.add_typer(audit.app, name="audit")
app.command("records")(records.records)
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)
app.add_typer(witness.app, name="witness")
app.add_typer(migrate.app, name="migrate")
app.add_typer(models.app, name="models")
app.add_typer(cluster.app, name="cluster")
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
