"""Files are replaced whole or not at all, inside the workspace only, and only if they are what was seen."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap

import pytest

from cochat_devkit.errors import BadResource, CannotWrite
from cochat_devkit.workspace import files
from cochat_devkit.workspace.files import TRASH, inside, keep_copy, read_file, trash_file, write_file


def names_in(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir())


@pytest.mark.parametrize("content", [b"", b"a\r\nb", b"\xff\x00\xfe", "ünï\n".encode(), b"x" * 100_000])
def test_what_is_written_is_read_byte_for_byte(tmp_path, content):
    """No byte of my files changes on the way."""
    write_file(tmp_path, "a/b/c.py", content, expected=None)
    assert read_file(tmp_path, "a/b/c.py") == content == (tmp_path / "a/b/c.py").read_bytes()
    assert names_in(tmp_path) == ["a/b/c.py"]


@pytest.mark.parametrize(("there", "expected"), [(b"mine", b"seen"), (b"mine", None), (None, b"seen")])
def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path, there, expected):
    """What I saved while a command ran is not covered, and nothing is left lying about."""
    if there is not None:
        (tmp_path / "x.py").write_bytes(there)
    with pytest.raises(CannotWrite, match="changed while we worked; it is left as it is") as raised:
        write_file(tmp_path, "x.py", b"new", expected=expected)
    assert raised.value.hint == "run the command again"
    assert read_file(tmp_path, "x.py") == there
    assert names_in(tmp_path) == (["x.py"] if there is not None else [])
    if expected is not None:
        with pytest.raises(CannotWrite, match="changed while we worked"):
            trash_file(tmp_path, "x.py", expected=expected)
        assert read_file(tmp_path, "x.py") == there


@pytest.mark.parametrize("relative", ["../x", "a/../../x", "/etc/passwd", "out/x", "out", "link.py", "loop/x", "a\0b"])
def test_nothing_is_read_or_written_outside(tmp_path, relative):
    """Neither a name nor a link leads out of my workspace."""
    root, outside = tmp_path / "work", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "secret").write_bytes(b"s")
    (root / "out").symlink_to(outside)
    (root / "link.py").symlink_to(outside / "secret")
    (root / "loop").symlink_to(root / "loop")
    for act in (
        lambda: inside(root, relative),
        lambda: read_file(root, relative),
        lambda: write_file(root, relative, b"new", expected=None),
        lambda: write_file(root, relative, b"new", expected=b"s"),
        lambda: trash_file(root, relative, expected=b"s"),
    ):
        with pytest.raises(BadResource):
            act()
    assert names_in(outside) == ["secret"]
    assert (outside / "secret").read_bytes() == b"s"


def test_the_trash_is_inside_too(tmp_path):
    """A link in place of the trash does not carry my files elsewhere."""
    root = tmp_path / "work"
    root.mkdir()
    (tmp_path / "outside").mkdir()
    (root / ".cochat").symlink_to(tmp_path / "outside")
    (root / "x.py").write_bytes(b"x")
    with pytest.raises(BadResource, match="leads out of the workspace"):
        trash_file(root, "x.py", expected=b"x")
    with pytest.raises(BadResource):
        keep_copy(root, "x.py", b"x")
    assert names_in(root) == ["x.py"]
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize("relative", ["file/x.py", "file/deeper/x.py", "folder"])
def test_a_disk_that_refuses_is_one_sentence(tmp_path, relative):
    """I read which file could not be written, and nothing of it is left half done."""
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(
        (CannotWrite, BadResource), match=rf"^{relative} cannot be (written|read): [A-Z][\w ]+$"
    ) as raised:
        write_file(tmp_path, relative, b"new", expected=None)
    assert raised.value.hint
    assert names_in(tmp_path) == ["file"]


def test_a_file_without_rights_is_one_sentence(tmp_path):
    """A folder or a file that is not mine to use is named with what to do; run as nobody, since root may do all."""
    script = """
        import os, sys
        from pathlib import Path
        from cochat_devkit.errors import DevkitError
        from cochat_devkit.workspace.files import read_file, trash_file, write_file
        os.umask(0)
        folder = Path("/tmp") / f"cochat-test-{os.getpid()}"
        folder.mkdir()
        (folder / "x.py").write_bytes(b"x"); (folder / "x.py").chmod(0o000); folder.chmod(0o555)
        if os.getuid() == 0:
            os.setuid(65534)
        for act in (
            lambda: read_file(folder, "x.py"),
            lambda: write_file(folder, "y.py", b"", expected=None),
            lambda: write_file(folder, "sub/y.py", b"", expected=None),
        ):
            try:
                act()
            except DevkitError as error:
                print(type(error).__name__, error, "|", error.hint)
        print(folder)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True, timeout=60
    )
    *said, folder = done.stdout.splitlines()
    os.chmod(folder, 0o700)  # noqa: PTH101
    os.unlink(f"{folder}/x.py")  # noqa: PTH108
    os.rmdir(folder)  # noqa: PTH106
    assert said == [
        "BadResource x.py cannot be read: Permission denied | check the file's rights",
        "CannotWrite y.py cannot be written: Permission denied | check the rights of the folder and the free space",
        "CannotWrite sub/y.py cannot be written: Permission denied | check the rights of the folder and the free space",
    ]


def test_a_missing_file_is_no_error(tmp_path):
    """None is no file; what is there and cannot be read is an error."""
    assert read_file(tmp_path, "x.py") is None
    assert read_file(tmp_path, "no/such/folder/x.py") is None
    (tmp_path / "x.py").mkdir()
    with pytest.raises(BadResource, match="Is a directory"):
        read_file(tmp_path, "x.py")


def test_a_file_beyond_all_measure_is_refused(tmp_path):
    """A disk image among my plugins does not fill the memory."""
    with (tmp_path / "x.py").open("wb") as file:
        file.truncate(files.LARGEST_FILE_BYTES + 1)
    with pytest.raises(BadResource, match="larger than"):
        read_file(tmp_path, "x.py")


def test_the_trash_keeps_every_byte_every_time(tmp_path):
    """What was removed twice within a second is there twice."""
    for content in (b"one\r\n", b"two", b"\xff"):
        write_file(tmp_path, "a/x.py", content, expected=None)
        trash_file(tmp_path, "a/x.py", expected=content)
    keep_copy(tmp_path, "a/x.py", b"four")
    keep_copy(tmp_path, "a/x.py", b"five")
    kept = [path.read_bytes() for path in (tmp_path / TRASH).rglob("*") if path.is_file()]
    assert sorted(kept) == sorted([b"one\r\n", b"two", b"\xff", b"four", b"five"])
    assert read_file(tmp_path, "a/x.py") is None


WRITER = """
import sys
from pathlib import Path
from cochat_devkit.workspace.files import read_file, write_file
root = Path(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    number += 1
    write_file(root, "x.py", bytes([65 + number % 26]) * 200_000, expected=read_file(root, "x.py"))
"""


def test_a_killed_writer_leaves_a_whole_file(tmp_path):
    """The power may go at any moment: my file is the old one or the new one, never half of either."""
    chance = random.Random(5)
    for _ in range(30):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout
        with writer.stdout:
            writer.stdout.readline()
            try:
                writer.wait(timeout=chance.uniform(0.002, 0.03))
            except subprocess.TimeoutExpired:
                writer.send_signal(signal.SIGKILL)
            writer.wait()
        content = read_file(tmp_path, "x.py")
        assert content is None or (len(content) == 200_000 and len(set(content)) == 1)
    assert read_file(tmp_path, "x.py")
    assert [name for name in names_in(tmp_path) if not name.startswith(".")] == ["x.py"]
