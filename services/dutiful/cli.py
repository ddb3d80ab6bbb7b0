"""The command `dutiful`: everything that a person does by hand."""

from typing import Annotated

import typer

from dutiful import (
    agreement_commands,
    audit_commands,
    authority_commands,
    breach_dossier_commands,
    certificate_commands,
    contracts_commands,
    dead_letter_commands,
    deadline_commands,
    deadlines_command,
    deploy_commands,
    dsar_commands,
    dsar_help_commands,
    emit_command,
    evidence_commands,
    holder_commands,
    instruction_commands,
    mail_command,
    matter_commands,
    monitoring_commands,
    notices_command,
    register_commands,
    retention_commands,
    running,
    simulate_command,
    token_command,
    trace_command,
    vault_commands,
)

app = typer.Typer(
    name="dutiful",
    help="Runs a data processing agreement: events in, promises kept on time, evidence out.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)


@app.callback()
def main(verbose: Annotated[bool, typer.Option("--verbose", help="log to stderr what happens inside")] = False) -> None:
    """Logs go to stderr; what a command answers goes to stdout."""
    running.configure_logs(verbose=verbose)


app.command("demo", rich_help_panel="Run")(running.demo)
app.command("up", rich_help_panel="Run")(running.up)
app.command("run", rich_help_panel="Run")(running.run)
app.command("migrate", rich_help_panel="Run")(running.migrate)
app.command("topics", rich_help_panel="Run")(running.topics)
app.command("emit", rich_help_panel="Use")(emit_command.emit)
app.command("simulate", rich_help_panel="Use")(simulate_command.simulate)
app.command("mail", rich_help_panel="Use")(mail_command.mail)
app.command("token", rich_help_panel="Use")(token_command.token)
app.command("notices", rich_help_panel="Use")(notices_command.notices)
app.command("deadlines", rich_help_panel="Use")(deadlines_command.deadlines)
app.command("trace", rich_help_panel="Use")(trace_command.trace)
app.add_typer(deadline_commands.app, name="deadline", rich_help_panel="Use")
app.add_typer(retention_commands.app, name="retention", rich_help_panel="Use")
app.add_typer(breach_dossier_commands.app, name="breach", rich_help_panel="Use")
dsar_commands.app.add_typer(dsar_help_commands.app, name="help")
app.add_typer(dsar_commands.app, name="dsar", rich_help_panel="Use")
app.add_typer(instruction_commands.app, name="instruction", rich_help_panel="Use")
app.add_typer(authority_commands.app, name="authority", rich_help_panel="Use")
app.add_typer(audit_commands.app, name="audit", rich_help_panel="Use")
app.add_typer(matter_commands.question, name="question", rich_help_panel="Use")
app.add_typer(matter_commands.assistance, name="assistance", rich_help_panel="Use")
app.add_typer(matter_commands.dispute, name="dispute", rich_help_panel="Use")
app.command("competitor", rich_help_panel="Use")(matter_commands.competitor)
app.add_typer(register_commands.measures, name="measures", rich_help_panel="Use")
app.add_typer(register_commands.undertaking, name="undertaking", rich_help_panel="Use")
app.add_typer(evidence_commands.app, name="evidence", rich_help_panel="Use")
app.add_typer(certificate_commands.app, name="certificate", rich_help_panel="Use")
app.add_typer(dead_letter_commands.app, name="dead-letters", rich_help_panel="Use")
app.add_typer(vault_commands.app, name="vault", rich_help_panel="Use")
app.add_typer(agreement_commands.app, name="agreement", rich_help_panel="Check")
app.add_typer(holder_commands.app, name="holder", rich_help_panel="Check")
app.add_typer(contracts_commands.app, name="contracts", rich_help_panel="Check")
app.add_typer(monitoring_commands.app, name="monitoring", rich_help_panel="Check")
app.add_typer(deploy_commands.app, name="deploy", rich_help_panel="Check")
