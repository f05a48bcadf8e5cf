"""Write into the `output` blocks of pages what they show: `python -m tests.docs.write docs/tutorial.md ...`.

Blocks that are right as they are stay, also those with `...` in them. What was written is to be read before it is kept.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.docs.pages import differs, expects_error, read, run


def main(names: list[str]) -> int:
    """Rewrite the pages *names*; return 1 where a block fails."""
    code = 0
    for path in [Path(name).absolute() for name in names]:
        page, lines, moved = read(path), path.read_text(encoding="utf-8").splitlines(), 0
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place).resolve()
            os.chdir(folder)
            sys.path.insert(0, str(folder))
            for block, shown, error, after in run(page, folder):
                if (type(error).__name__ if error else "") != (expects_error(after) if after else ""):
                    print(f"{path.name}:{block.line}: {error!r}\n{shown}")
                    code = 1
                if after and differs(after.text, shown):
                    indent = lines[after.line + moved - 1].partition("`")[0]
                    new = [f"{indent}{line}".rstrip() for line in shown.strip().splitlines()]
                    begin = after.line + moved
                    lines[begin : begin + len(after.text.splitlines())] = new
                    moved += len(new) - len(after.text.splitlines())
            os.chdir("/")
            sys.path.remove(str(folder))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
