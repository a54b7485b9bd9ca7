"""Which tests stay in one process when several share them: those of one server, else those of one file."""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

#: a server of the contract suite among the parameters in a test's name
_SERVER = re.compile(r"(?<=[\[-])(cochat|owui-0\.12|owui-0\.6|real-0\.12\.4|real-0\.6\.43)(?=[\]-])")


class Sharing(LoadScopeScheduling):
    """Share by groups; the largest come first."""

    def _split_scope(self, nodeid: str) -> str:
        """Name the group of a test."""
        file, _, test = nodeid.partition("::")
        room = file.rpartition("/")[0]
        if room == "tests/contract" and (server := _SERVER.search(test)):
            return server[0]
        # each row of chaos takes long, and has a server of its own
        return nodeid if room == "tests/chaos" else file
