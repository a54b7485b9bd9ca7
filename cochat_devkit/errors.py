"""The one tree of errors: what happened to what, the next command to type, and the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cochat_devkit.findings import Finding
    from cochat_devkit.resource import Key


class DevkitError(Exception):
    """Say what went wrong in one sentence; `hint` is what to do next."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(DevkitError):
    """Something was asked wrongly: an option, a name or a setting."""

    exit_code = 2


class NotAWorkspace(UsageError):
    """No `cochat.toml` here or in any folder above."""


class BadSetting(UsageError):
    """A setting in `cochat.toml` cannot be used."""


class MissingToken(UsageError):
    """No credentials are known for the target."""


class NotTrusted(UsageError):
    """A plugin's code came from a server, and nobody here has said that it may run."""

    def __init__(self, message: str, keys: Sequence[Key] = (), *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.keys = tuple(keys)


class UnknownKind(UsageError):
    """No row of the kind table bears this name."""


class UnknownResource(UsageError):
    """No resource bears this address."""


class RemoteError(DevkitError):
    """The server could not be asked, or it refused."""

    exit_code = 4


class Unreachable(RemoteError):
    """No answer: refused connection, unknown host, time-out, broken transfer."""


class NotAllowed(RemoteError):
    """The server knows us and refuses this request."""


class SignedOut(NotAllowed):
    """The token is missing, expired or revoked."""


class Missing(RemoteError):
    """The server says that it has no such resource."""


class Rejected(RemoteError):
    """The server refused the content of a request; `detail` is its own sentence."""

    def __init__(self, message: str, *, detail: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.detail = detail


class RateLimited(RemoteError):
    """The server asked us to wait longer than we are willing to."""


class UnexpectedReply(RemoteError):
    """The answer is not what this endpoint promises: HTML, broken JSON, a wrong shape, a server error."""


class UnreadableFile(UnexpectedReply):
    """The server lists a file of a resource and has not its bytes, or has others: nothing follows about the rest."""


class NotSupported(RemoteError):
    """This server has no such endpoint, or cannot hold this value."""


class LocalError(DevkitError):
    """Something on this disk is in the way."""


class BadResource(LocalError):
    """A file cannot be read as the resource it stands for."""


class CannotWrite(LocalError):
    """A file or folder cannot be written."""


class TemplateError(LocalError):
    """A scaffold cannot be rendered."""


class MirrorError(DevkitError):
    """The mirror cannot be used."""


class MirrorLocked(MirrorError):
    """Another process is writing to this workspace."""


class MirrorTooNew(MirrorError):
    """The mirror was written by a newer version."""


class MirrorDamaged(MirrorError):
    """The mirror is not a database that we wrote."""


class SyncError(DevkitError):
    """The two sides differ in a way that needs a decision."""

    exit_code = 3


class ConflictsFound(SyncError):
    """Both sides changed the same resources."""

    def __init__(self, message: str, keys: Sequence[Key] = (), *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.keys = tuple(keys)


class UnsafePlan(SyncError):
    """A plan would delete more than was agreed to."""


class StalePlan(SyncError):
    """What a plan was made for has moved since; nothing of it was carried out."""

    def __init__(self, message: str, moved: Sequence[Key] = (), *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.moved = tuple(moved)


class OtherAccount(SyncError):
    """Somebody else is signed in than the target was last used by; nothing that one knew was decided by."""


class Moved(SyncError, RemoteError):
    """A write starts from what the server no longer holds: somebody saved between our read and our write."""


class Namesake(SyncError, RemoteError):
    """What is to be created has the name of something on the server that nobody here met: it may be that one."""


class CheckFailed(DevkitError):
    """A plugin did not pass: the findings say why."""

    def __init__(self, message: str, findings: Sequence[Finding] = (), *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.findings = tuple(findings)


class LintFailed(CheckFailed):
    """`cochat check` found an error."""


class TestsFailed(CheckFailed):
    """A plugin's own tests failed."""

    __test__ = False  # pytest collects classes by this prefix


class LoadFailed(CheckFailed):
    """A plugin does not load."""
