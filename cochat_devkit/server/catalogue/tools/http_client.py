"""
title: HTTP Client
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Send a request to a web service.
note: sample data of the local server, not the source that CoChat runs
"""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field


class Tools:
    class Valves(BaseModel):
        allowed_hosts: str = Field(default="example.com", description="Hosts that may be asked, with commas between.")
        timeout_s: float = Field(default=20.0, gt=0, description="Give up on an answer after this many seconds.")

    def __init__(self) -> None:
        self.valves = self.Valves()

    async def send_request(self, url: str, method: Literal["GET", "POST", "PUT", "DELETE"] = "GET") -> str:
        """
        Send a request and show the answer.
        :param url: The whole address, with https:// before it.
        :param method: The method of the request.
        """
        host = urlsplit(url).hostname or ""
        allowed = {each.strip() for each in self.valves.allowed_hosts.split(",")}
        if host not in allowed:
            return f"{host or url} is not among the allowed hosts"
        return f"[sample] {method} {url} would be sent; the local server is offline"
