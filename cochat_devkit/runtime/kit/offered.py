"""A chat whose page and whose people are those of a test, and what there is in it to hand to a hook."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cochat_devkit.plugin import Turn
from cochat_devkit.runtime.conversation import Conversation
from cochat_devkit.runtime.events import Page
from cochat_devkit.runtime.kit.page import Recording
from cochat_devkit.runtime.turn_models import answer_plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cochat_devkit.resource import Json
    from cochat_devkit.runtime.conversation import Plugin
    from cochat_devkit.runtime.kit.chats import Model
    from cochat_devkit.runtime.kit.stage import Stage

#: what is there in a chat with nothing in it
_EMPTY: Mapping[str, Callable[[], Json]] = {
    "__messages__": list,
    "__files__": list,
    "__features__": dict,
    "__body__": dict,
    "__tools__": dict,
}


class StagedChat(Conversation):
    """Be a chat of the one who calls in a test, on the test's page."""

    def __init__(self, stage: Stage, plugins: Sequence[Plugin], turn: Turn | None = None) -> None:
        self._person = stage.user
        script = stage.model.script if stage.model is not None else ()
        super().__init__(plugins, turn or Turn([], script=script, role=stage.user.role), stage.generation)
        if turn is None and stage.model is not None:
            answer_plugins(self, then=partial(self._tell_model, stage.model))
        self.page = Recording(stage.screen, stage.generation, stage.on_event, saved=self.saved, is_there=self.is_page)
        for metadata in (self.metadata, self.request.state.metadata):
            metadata["user_id"] = self._person.id

    def _tell_model(self, model: Model) -> None:
        model.was_asked(self.requests[-1:], self.script.left)

    def make_user(self) -> dict[str, Any]:
        """Make the person who calls anew."""
        return super().make_user() | {"id": self._person.id, "name": self._person.name, "email": self._person.email}

    async def tell(self, events: Sequence[Json]) -> None:
        """Tell the page what the server has to say, which is no event of a plugin's."""
        for event in events:
            await Page.emit(self.page, event)

    def offer_all(self, id_: str) -> dict[str, Any]:
        """Make everything that some hook may be handed."""
        ids = {
            "__session_id__": self.metadata["session_id"],
            "__chat_id__": self.chat_id,
            "__message_id__": self.message_id,
        }
        empty = {name: make() for name, make in _EMPTY.items()}
        return {**empty, **ids, **self.offer(), "__id__": id_}
