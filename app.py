"""Builds from settings, mounts the page, serves it. `python app.py` and `daozhen` start here."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from scheduler.commands import planning

if TYPE_CHECKING:
    from fastapi import FastAPI

    from assistant.reception import Reception
    from assistant.settings import Settings


def build(reception: Reception, chosen: Settings) -> FastAPI:
    """The web application around a reception."""
    from fastapi import FastAPI

    from assistant.pages.patient import mount_kiosk
    from assistant.pages.staff import mount_staff

    application = FastAPI(title="Daozhen", docs_url=None, redoc_url=None, openapi_url=None)

    @application.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok", "model": "yes" if reception.model else "no"}

    if reception.records is not None:
        mount_staff(application, reception, chosen)
    return mount_kiosk(application, reception, chosen)


def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535)] = None,
    database: Annotated[str | None, typer.Option(help="SQLAlchemy URL")] = None,
    home: Annotated[Path | None, typer.Option(help="Where models and the index are kept")] = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Rules and retrieval only.")] = False,
) -> None:
    """Serve the pages: the patients' at /, the front desk's at /desk."""
    import uvicorn

    from assistant.building import open_reception, warm_up
    from assistant.commands import out, plain_errors, progress_bars, settings

    given = {"host": host, "port": port, "database": database, "home": home}
    with plain_errors():
        chosen = settings(**given, use_model=False if no_model else None)
        with progress_bars() as progress:
            reception = open_reception(chosen, progress)
        Thread(target=warm_up, args=(reception.model,), daemon=True).start()
        out.print(f"Daozhen 导诊: http://{chosen.host}:{chosen.port}  (Ctrl-C stops)")
        uvicorn.run(
            build(reception, chosen), host=chosen.host, port=chosen.port, log_level="warning"
        )


def main() -> None:
    """The console script `daozhen`. Planning needs no page and no model, and starts without them."""
    if sys.argv[1:2] and sys.argv[1] in {command.name for command in planning.registered_commands}:
        planning(prog_name="daozhen")
    from assistant.commands import cli

    cli.command()(serve)
    cli.add_typer(planning)
    cli()


if __name__ == "__main__":
    sys.argv[1:] = sys.argv[1:] or ["serve"]
    main()
