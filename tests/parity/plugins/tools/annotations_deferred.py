"""
title: T
"""
from __future__ import annotations
from typing import Optional
from pydantic import BaseModel


class Tools:
    class Valves(BaseModel):
        n: Optional[int] = None

    class Late(BaseModel):
        x: Optional[Later] = None

    def f(self, a: int, b: Optional[str] = None): ...


class Later(BaseModel):
    y: int = 1
