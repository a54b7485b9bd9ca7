"""The plugin loader that works in a child process: a plugin may do what it likes, and we still get an answer."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from cochat_devkit.plugin import (
    Call,
    CallResult,
    Hook,
    LoadFailure,
    LoadRequest,
    PluginFacts,
    PluginOffer,
    Turn,
    TurnResult,
)
from cochat_devkit.resource import EMPTY
from cochat_devkit.runtime.child import OUTPUT_LIMIT_BYTES, TURN_LIMIT_BYTES, judge, limit_of
from cochat_devkit.runtime.environment import without_secrets
from cochat_devkit.runtime.processes import MARK, kill_group, kill_marked, make_mark
from cochat_devkit.runtime.shapes import make

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cochat_devkit.plugin import Generation
    from cochat_devkit.resource import Json

_PACKAGE_HOME = str(Path(__file__).parents[2])
#: `-I` keeps the user's own folders and PYTHON* variables out; our package must be the one that runs here, also where
#: it lies in a checkout and another one is installed
_BOOT = """
import sys
home, verb = sys.argv[1:]
sys.path.insert(0, home)
from cochat_devkit.runtime import child
sys.path.remove(home)
getattr(child, verb)()
"""
_START_LIMIT_S = 60.0
#: what the child may need, after its own time limit, to end a plugin and say so
_GRACE_S = 5.0
#: a line from the child: an answer, escaped once more, and the output
_LINE_LIMIT_BYTES = 3 * TURN_LIMIT_BYTES
_CHUNK_BYTES = 65_536
_FORGED = "something else than the process that loads plugins spoke in its place"
_CAN_FORK = hasattr(os, "fork")


class ChildLoader:
    """Load plugins in a child process that is kept warm: the Protocol `PluginLoader`.

    The child starts with the first request, loads each plugin in a fork of its own, and ends with `close()` or with us.
    Where there is no fork, each plugin gets a process. `timeout_s` is the time that one plugin has. `python` is the
    interpreter whose packages plugins may import, with pydantic among them; `settings` are environment variables that
    they see beside ours.
    """

    def __init__(
        self,
        *,
        timeout_s: float = 10.0,
        forks: bool = _CAN_FORK,
        python: Path | None = None,
        settings: Mapping[str, str] = EMPTY,
    ) -> None:
        self._timeout_s = timeout_s
        self._python = str(python or sys.executable)
        self._settings = settings
        self._forks = forks
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def load(self, request: LoadRequest) -> PluginFacts | LoadFailure:
        """Load one plugin; a failure of any sort is an answer, not an exception."""
        found: PluginFacts | LoadFailure = self._ask(request, {})
        return found

    def check_valves(self, request: LoadRequest, values: Json, *, user: bool = False) -> Json | LoadFailure:
        """Pass values through the plugin's Valves class; what was set, nulls and unknown keys dropped."""
        return self._ask(request, {"values": values, "user": user})

    def find_offer(self, request: LoadRequest, valves: Json) -> PluginOffer | LoadFailure:
        """Load a function, give it these valves, and ask what it offers to the list of models."""
        found: PluginOffer | LoadFailure = self._ask(request, {"valves": valves})
        return found

    def call(self, request: LoadRequest, call: Call, *, timeout_s: float) -> CallResult | LoadFailure:
        """Load a plugin and call one of its methods; `timeout_s` is for both."""
        found: CallResult | LoadFailure = self._ask(request, {"call": asdict(call)}, timeout_s)
        return found

    def chat(self, turn: Turn, generation: Generation, *, timeout_s: float | None = None) -> TurnResult | LoadFailure:
        """Load the parts of a turn of a chat into one process and run it; `timeout_s` is for all of it."""
        wire = asdict(turn)
        for each in wire["parts"]:
            path = each["request"]["path"]
            each["request"]["path"] = str(path.absolute()) if path else None
        found: TurnResult | LoadFailure = self._send({"turn": wire, "generation": generation}, timeout_s)
        return found

    def start(self) -> None:
        """Start the child before it is needed, so that the first request is as fast as the others.

        A child that cannot start says so in the answer to the first request.
        """
        with self._lock, contextlib.suppress(_ChildEnded):
            self._warm_child()

    def close(self) -> None:
        """End the child process."""
        with self._lock:
            self._end_child()
            if self._scratch is not None:
                self._scratch.cleanup()
                self._scratch = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: LoadRequest, more: Json, timeout_s: float | None = None) -> Json | LoadFailure:
        path = str(request.path.absolute()) if request.path else None
        return self._send({**asdict(request), "path": path, **more}, timeout_s)

    def _send(self, asked: Json, timeout_s: float | None) -> Json | LoadFailure:
        with self._lock:
            if self._scratch is None:
                self._scratch = tempfile.TemporaryDirectory(prefix="cochat-plugins-")
            message = {"timeout_s": timeout_s or self._timeout_s, "scratch_dir": self._scratch.name, **asked}
            try:
                told = self._ask_warm_child(message) if self._forks else self._ask_process(message)
            except _ChildEnded as ended:
                return LoadFailure("Crashed", str(ended))
        return _read_answer(told, next((_ANSWERS[each] for each in _ANSWERS if each in asked), "facts"))

    def _ask_warm_child(self, message: Json) -> Json:
        child = self._warm_child()
        try:
            return child.ask(message, timeout_s=message["timeout_s"] + _GRACE_S)
        except BaseException:
            self._end_child()  # after a Ctrl-C, too, nobody knows what it would answer next
            raise

    def _warm_child(self) -> _Child:
        if self._child is not None and self._child.has_ended:
            self._end_child()  # it died while it was idle
        if self._child is None:
            self._child = self._start_child("serve")
            try:
                self._child.read_message(_START_LIMIT_S)
            except BaseException:
                self._end_child()
                raise
        return self._child

    def _start_child(self, verb: str) -> _Child:
        return _Child(verb, self._python, {**without_secrets(os.environ), **self._settings})

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _ask_process(self, message: Json) -> Json:
        child = self._start_child("serve_once")
        try:
            return child.ask_once(message, timeout_s=message["timeout_s"])
        finally:
            child.end()


class _ChildEnded(Exception):
    """The child is gone, or was ended because it did not answer in time."""


class _Child:
    """Hold one child process and its three pipes."""

    def __init__(self, verb: str, python: str, environment: Mapping[str, str]) -> None:
        self._mark = make_mark()
        self._was_killed = False
        try:
            self._process = subprocess.Popen(
                [python, "-I", "-X", "utf8", "-c", _BOOT, _PACKAGE_HOME, verb],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**environment, MARK: self._mark},
                start_new_session=True,  # a Ctrl-C is for us; we end the child ourselves
            )
        except OSError as error:
            raise _ChildEnded(f"the process that loads plugins does not start: {error}") from error

    @property
    def has_ended(self) -> bool:
        """Tell whether the process is gone."""
        return self._process.poll() is not None

    def ask(self, message: Json, *, timeout_s: float) -> Json:
        """Send one request and wait for its answer.

        Raises:
            _ChildEnded: there is none, or somebody else wrote it.
        """
        token = secrets.token_hex(16)
        self._send({**message, "token": token})
        told = self.read_message(timeout_s)
        if not isinstance(told, dict) or told.get("token") != token:
            self._kill()
            raise _ChildEnded(_FORGED)
        return told

    def read_message(self, timeout_s: float) -> Json:
        """Wait for the child's next line; end the child where none comes in time.

        Raises:
            _ChildEnded: there is none.
        """
        line, _in_time = self._read_line(timeout_s)
        if not line.endswith(b"\n"):
            raise _ChildEnded(f"the process that loads plugins ended{self._last_words()}")
        try:
            return json.loads(line)
        except (ValueError, RecursionError) as error:
            self._kill()
            raise _ChildEnded(_FORGED) from error

    def ask_once(self, message: Json, *, timeout_s: float) -> Json:
        """Do for a process that loads one plugin what the warm child does for a fork."""
        output = bytearray()
        drain = threading.Thread(target=self._drain, args=(output,), daemon=True)
        drain.start()
        self._send(message)
        line, in_time = self._read_line(timeout_s)
        self._kill()
        status = self._process.wait()
        drain.join(_GRACE_S)
        limit_bytes = limit_of(message)
        return judge(
            line, bytes(output), timeout_s=timeout_s, limit_bytes=limit_bytes, in_time=in_time, exit_code=status
        )

    def end(self) -> None:
        """End the process: politely, so that it can end a fork; after a moment, not so, and with all it started."""
        with contextlib.suppress(OSError):
            _pipe(self._process.stdin).close()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()
        if self._was_killed or self._process.returncode:
            kill_marked(self._mark)
        _pipe(self._process.stdout).close()
        _pipe(self._process.stderr).close()

    def _send(self, message: Json) -> None:
        stdin = _pipe(self._process.stdin)
        try:
            stdin.write(json.dumps(message).encode() + b"\n")
            stdin.flush()
        except OSError as error:
            raise _ChildEnded(f"the process that loads plugins ended{self._last_words()}") from error

    def _read_line(self, timeout_s: float) -> tuple[bytes, bool]:
        """Read one line; where it does not come in time, kill the process: (line, did it come in time)."""
        in_time = True

        def give_up() -> None:
            nonlocal in_time
            in_time = False
            self._kill()

        timer = threading.Timer(timeout_s, give_up)
        timer.start()
        try:
            return _pipe(self._process.stdout).readline(_LINE_LIMIT_BYTES), in_time
        finally:
            timer.cancel()
            timer.join()

    def _kill(self) -> None:
        self._was_killed = True
        if self._process.poll() is None:
            kill_group(self._process)

    def _last_words(self) -> str:
        """Read the last line that a dead child left on its stderr."""
        self._kill()
        self._process.wait()
        lines = _pipe(self._process.stderr).read(_LINE_LIMIT_BYTES).decode("utf-8", "replace").split("\n")
        said = [line for line in lines if line.strip()]
        return f": {said[-1].strip()}" if said else ""

    def _drain(self, output: bytearray) -> None:
        """Read all that a plugin prints, and keep its beginning."""
        # the bare descriptor: a reader's lock would make closing the pipe wait for whoever still holds its other end
        descriptor = _pipe(self._process.stderr).fileno()
        while chunk := os.read(descriptor, _CHUNK_BYTES):
            output += chunk[: max(0, OUTPUT_LIMIT_BYTES - len(output))]


def _pipe(pipe: IO[bytes] | None) -> Any:
    assert pipe is not None  # noqa: S101 - all three are asked for
    return pipe


def _read_answer(told: Json, wanted: str) -> Json | LoadFailure:
    """Read what the plugin's own process said; it may have said anything, and is asked for one sort of answer."""
    if "failure" in told:
        return make(LoadFailure, told["failure"])
    try:
        ((sort, answer),) = json.loads(told["answer"]).items()
        readers = {each: _READERS[each] for each in ("failure", wanted)}
        return readers[sort](answer, told["output"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        return LoadFailure("Crashed", f"the plugin's process gave an answer that cannot be read ({error})")


def _read_facts(answer: Json, output: str) -> PluginFacts:
    hooks = {
        str(name): make(Hook, {**each, "parameters": tuple(each["parameters"])})
        for name, each in answer["hooks"].items()
    }
    return make(PluginFacts, {**answer, "hooks": hooks, "stood_in": tuple(answer["stood_in"]), "output": output})


def _read_chat(answer: Json, output: str) -> TurnResult:
    error = make(LoadFailure, answer["error"]) if answer["error"] else None
    return make(TurnResult, {**answer, "error": error, "output": output})


def _read_call(answer: Json, output: str) -> CallResult:
    error = make(LoadFailure, answer["error"]) if answer["error"] else None
    return make(CallResult, {**answer, "error": error, "output": output})


#: what is answered, by what a request has beside the plugin; the facts of the plugin where it has nothing
_ANSWERS = {"call": "call", "values": "values", "valves": "offer", "turn": "chat"}


#: by what an answer is of
_READERS: dict[str, Callable[[Json, str], Any]] = {
    "failure": lambda answer, _output: make(LoadFailure, answer),
    "values": lambda answer, _output: answer,
    "offer": lambda answer, _output: make(PluginOffer, answer),
    "facts": _read_facts,
    "call": _read_call,
    "chat": _read_chat,
}
