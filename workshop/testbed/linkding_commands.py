"""Uses a service as somebody at a terminal does: by `linkding-cli`.

It runs by itself, in the environment of linkding_client.py, and imports nothing of ours. Standard input tells, in JSON,
the `url` and `key` of the service and the `commands`, each a list of words; `{id}` in a word is the id of the bookmark
that the first command has made. Standard output tells in JSON what came of each: its `exit` code and its `output`.
All are run in one process: to start the program costs a second each time.
"""

import json
import sys
from typing import Any

from linkding_cli.cli import APP  # type: ignore[import-not-found]
from typer.testing import CliRunner


def run(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Run the commands until one fails; return what came of each."""
    runner, came = CliRunner(), []
    made = ""
    for words in told["commands"]:
        filled = [word.replace("{id}", made) for word in words]
        result = runner.invoke(APP, ["--url", told["url"], "--token", told["key"], *filled])
        came.append({"exit": result.exit_code, "output": result.output, "error": repr(result.exception or "")})
        if result.exit_code:
            break
        made = made or str(json.loads(result.output)["id"])
    return came


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
