"""
title: F
version: 1.0
last: x"""
from pydantic import BaseModel


class Filter:
    class Valves(BaseModel):
        priority: int = 0

    class UserValves(BaseModel):
        on: bool = True

    def __init__(self):
        self.valves = self.Valves()
        self.toggle = True

    def inlet(self, body):
        return body
