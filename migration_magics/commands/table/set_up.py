"""Set up: connect, connections, use, disconnect, init, demo."""

from __future__ import annotations

from ..declaration import Argument, Command, flag, option

SET_UP = (
    Command(
        name="connect",
        group="set up",
        summary="Connect this notebook to a database and an Alembic project.",
        run="connect:connect",
        arguments=(
            Argument(
                "source",
                "variable",
                "A URL, a named connection, a variable with an engine or session, or jupysql (default: the project's URL).",
                metavar="SOURCE",
            ),
            option("Call the connection this.", "--as", metavar="NAME", dest="name"),
            option(
                "The Alembic project: a directory, an ini or a toml file.", "--project", metavar="PATH", kind="path"
            ),
            option(
                "The section of the ini file, as Alembic's -n.",
                "-n",
                "--name",
                metavar="INI_SECTION",
                dest="ini_section",
            ),
            flag("Every change of this database must be confirmed by the connection's name.", "--protected"),
            option(
                "Put a variable into the configuration's attributes, for an env.py that expects it.",
                "--attribute",
                metavar="NAME=VARIABLE",
                repeatable=True,
            ),
            option("Which database, where env.py configures several.", "--engine", metavar="NAME"),
            option("Read variables that are not set from this .env file.", "--dotenv", metavar="PATH", kind="path"),
            option(
                "A value for the project's env.py in every command on this connection, as Alembic's -x.",
                "-x",
                metavar="KEY=VALUE",
                repeatable=True,
            ),
        ),
        examples=(
            "%migrate connect sqlite:///app.db --project migrations",
            "%migrate connect engine --as staging --protected",
        ),
        takes_on=False,
    ),
    Command(
        name="connections",
        group="set up",
        summary="List the notebook's connections and where their databases stand.",
        run="connect:connections",
        takes_on=False,
    ),
    Command(
        name="use",
        group="set up",
        summary="Switch to another connection.",
        run="connect:use",
        arguments=(Argument("name", "connection", "The connection's exact name.", metavar="NAME", required=True),),
        examples=("%migrate use staging",),
        takes_on=False,
    ),
    Command(
        name="disconnect",
        group="set up",
        summary="Close a connection.",
        run="connect:disconnect",
        arguments=(Argument("name", "connection", "The connection (default: the one in use).", metavar="NAME"),),
        examples=("%migrate disconnect staging",),
        takes_on=False,
    ),
    Command(
        name="init",
        group="set up",
        summary="Write a new Alembic project, which the alembic command can use unchanged.",
        run="connect:init",
        arguments=(
            Argument("directory", "path", "Where to.", metavar="DIR", default="migrations"),
            option(
                "generic, async, multidb, pyproject or pyproject_async (default: generic).",
                "-t",
                "--template",
                metavar="TEMPLATE",
                kind="template",
            ),
        ),
        examples=("%migrate init migrations", "%migrate init migrations --template async"),
    ),
    Command(
        name="demo",
        group="set up",
        summary="Make a playground: a small database with rows, a branching history, a flaw to find; and connect it.",
        run="demo:demo",
        arguments=(
            Argument("directory", "path", "The folder it gets to itself.", metavar="DIR", default="demo"),
            flag("Start over: make it anew, in its own folder only.", "--reset"),
            flag("Start over although revisions or models of your own go with it.", "--yes"),
        ),
        examples=("%migrate demo", "%migrate demo --reset"),
        takes_on=False,
    ),
)
