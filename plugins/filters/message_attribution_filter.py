"""
title: Message attribution
author: example by cochat-devkit
version: 0.1.0
description: In a conversation of several people, tells the model who is speaking, and people which model answered.
license: MIT
"""

from pydantic import BaseModel, Field


class Filter:
    """Put names on messages: on the newest question for the model, on the newest answer for people."""

    class Valves(BaseModel):
        """What an admin may change in the settings of this filter."""

        priority: int = Field(default=10, description="filters run in this order, the lowest first")
        question: str = Field(default="[{name}] ", description="what a question begins with; {name} is who asks")
        answer: str = Field(
            default="\n\n*answered by {model}*", description="what an answer ends with; {model} answered"
        )

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def inlet(self, body: dict, __user__: dict | None = None) -> dict:
        """Write the name before the newest question; what is stored of the conversation stays without it."""
        name = (__user__ or {}).get("name")
        asked = [message for message in body.get("messages", []) if message.get("role") == "user"]
        if name and asked:
            put_before(asked[-1], self.valves.question.replace("{name}", name))
        return body

    async def outlet(self, body: dict) -> dict:
        """Write the model's name below its newest answer, once."""
        answers = [message for message in body.get("messages", []) if message.get("role") == "assistant"]
        line = self.valves.answer.replace("{model}", str(body.get("model", "an unknown model")))
        if answers and isinstance(answers[-1].get("content"), str) and not answers[-1]["content"].endswith(line):
            answers[-1]["content"] += line
        return body


def put_before(message: dict, prefix: str) -> None:
    """Begin a message with a text, once; with a picture beside it, the content is a list of parts."""
    content = message.get("content")
    if isinstance(content, str):
        message["content"] = content if content.startswith(prefix) else prefix + content
    elif isinstance(content, list):
        for part in content:
            if part.get("type") == "text":
                part["text"] = part["text"] if part["text"].startswith(prefix) else prefix + part["text"]
                return
