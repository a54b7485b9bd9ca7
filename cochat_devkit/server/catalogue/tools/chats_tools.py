"""
title: Chats
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] List and read your chats.
note: sample data of the local server, not the source that CoChat runs
"""

CHATS = {"sample-1": "Plan the release", "sample-2": "Why is the mirror empty?", "sample-3": "Names for a filter"}


class Tools:
    async def list_chats(self, title_contains: str = "") -> list[dict[str, str]]:
        """
        List chats by title.
        :param title_contains: Only chats whose title contains this.
        """
        wanted = title_contains.lower()
        return [{"id": id_, "title": title} for id_, title in CHATS.items() if wanted in title.lower()]

    async def read_chat(self, chat_id: str) -> str:
        """
        Read one chat.
        :param chat_id: The chat's id, as it is listed.
        """
        title = CHATS.get(chat_id)
        return f"[sample] {title}: the messages would stand here" if title else f"there is no chat {chat_id}"
