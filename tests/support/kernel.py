"""Real IPython kernels: one to talk to, and one that runs a whole notebook.

The kernel is the interpreter that runs the tests, whatever kernels the machine has; its history is off.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .jupyter import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from jupyter_client.blocking.client import BlockingKernelClient
    from jupyter_client.manager import KernelManager
    from nbformat import NotebookNode

TIMEOUT_S = 60
_NO_HISTORY = ["--HistoryManager.enabled=False"]
# After a failed cell the kernel would abort whatever comes in the next moment: a matter of luck in a test.
_ASK = {"allow_stdin": False, "stop_on_error": False}
_SHOWN = ("display_data", "execute_result", "stream", "error", "update_display_data")


def _output(message: dict[str, Any]) -> NotebookNode:
    """Return what a front end would store, or for an update, which changes what is stored, that under its own type."""
    from nbformat.v4 import new_output, output_from_msg

    content = message["content"]
    if message["msg_type"] != "update_display_data":
        output: NotebookNode = output_from_msg(message)
        return output
    update: NotebookNode = new_output("display_data", data=content["data"], metadata=content["metadata"])
    update.output_type = "update_display_data"
    return update


@dataclass(frozen=True, slots=True)
class Kernel:
    """A running kernel."""

    manager: KernelManager
    client: BlockingKernelClient

    def run(self, code: str) -> tuple[dict[str, Any], list[NotebookNode]]:
        """Run *code* as a cell; return the reply's content and the cell's outputs.

        Neighbouring pieces of one stream are joined: the kernel may send one print() as several messages.
        """
        outputs: list[NotebookNode] = []

        def collect(message: dict[str, Any]) -> None:
            if message["msg_type"] not in _SHOWN:
                return
            output = _output(message)
            last = outputs[-1] if outputs else None
            if last is not None and last.output_type == output.output_type == "stream" and last.name == output.name:
                last.text += output.text
            else:
                outputs.append(output)

        message = self.client.execute_interactive(
            code,
            output_hook=collect,
            timeout=TIMEOUT_S,
            **_ASK,
        )
        reply: dict[str, Any] = message["content"]
        return reply, outputs

    def ok(self, code: str) -> list[NotebookNode]:
        """Run *code* as a cell that must not fail; return its outputs."""
        reply, outputs = self.run(code)
        assert reply["status"] == "ok", "\n".join(reply.get("traceback", [str(reply)]))
        return outputs

    def complete(self, code: str, position: int | None = None) -> dict[str, Any]:
        """Return what Tab offers at *position* of *code* (its end): `matches`, `cursor_start`, `cursor_end`, types."""
        at = len(code) if position is None else position
        content: dict[str, Any] = self.client.complete(code, at, reply=True, timeout=TIMEOUT_S)["content"]
        return content

    def inspect(self, code: str, position: int) -> dict[str, Any]:
        """Return what Shift-Tab shows at *position* of *code*."""
        content: dict[str, Any] = self.client.inspect(code, position, reply=True, timeout=TIMEOUT_S)["content"]
        return content

    def start(self, code: str, *, stops_on_error: bool = False) -> str:
        """Start *code* as a cell, do not wait for it, and return its message id: for `interrupt` and `wait_for`.

        With *stops_on_error* a failure aborts what is queued behind it, as "Run All" asks for.
        """
        identity: str = self.client.execute(code, **{**_ASK, "stop_on_error": stops_on_error})
        return identity

    def interrupt(self) -> None:
        """Send what the front end's stop button sends."""
        self.manager.interrupt_kernel()

    def wait_for_text(self, text: str) -> None:
        """Wait until a cell that was started prints *text*; `queue.Empty` when it stays silent too long."""
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT_S)
            if message["msg_type"] == "stream" and text in message["content"]["text"]:
                return

    def wait_for_file(self, path: Path) -> None:
        """Wait until a cell that was started has made the file *path*."""
        end = time.monotonic() + TIMEOUT_S
        while not path.exists():
            assert time.monotonic() < end, f"{path} never came"
            time.sleep(0.02)

    def wait_for(self, identity: str) -> dict[str, Any]:
        """Wait for the reply to the cell *identity* and return its content."""
        while True:
            message = self.client.get_shell_msg(timeout=TIMEOUT_S)
            if message["parent_header"].get("msg_id") == identity:
                reply: dict[str, Any] = message["content"]
                return reply


@contextlib.contextmanager
def running_kernel(folder: Path, home: Path) -> Iterator[Kernel]:
    """Give a kernel that works in *folder* and keeps its own files below *home*."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import KernelManager

    # No folders of kernels: only the interpreter's own is left.
    manager = KernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    manager.connection_file = str(home / "kernel.json")
    manager.start_kernel(cwd=str(folder), env=environment(home), extra_arguments=_NO_HISTORY)
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=TIMEOUT_S)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def execute(notebook: NotebookNode, folder: Path, home: Path, timeout_s: int = 300) -> NotebookNode:
    """Run *notebook* in *folder* from its first cell to its last and return it with its outputs.

    A cell that fails stops it with nbclient's `CellExecutionError`, unless it is tagged `raises-exception`.
    """
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=timeout_s,
        extra_arguments=_NO_HISTORY,
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=environment(home), cleanup_kc=True)  # the manager is ours: else nothing would end the kernel
    return notebook


def notebook_of(cells: Sequence[str]) -> NotebookNode:
    """Return a notebook with one code cell for each of *cells*."""
    from nbformat.v4 import new_code_cell, new_notebook

    notebook: NotebookNode = new_notebook(cells=[new_code_cell(source) for source in cells])
    # nbformat draws random ids; the same cells shall give the same notebook
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return notebook
