"""
title: Python Document
author: cochat-devkit
version: 0.1.0
license: MIT
description: [sample] Check a piece of Python and outline it.
note: sample data of the local server, not the source that CoChat runs
"""

import ast


class Tools:
    def outline_python(self, code: str) -> str:
        """
        Check that a piece of Python is well formed, and list its classes and functions.
        :param code: The source text.
        """
        try:
            tree = ast.parse(code)
        except SyntaxError as error:
            return f"line {error.lineno}: {error.msg}"
        kinds = {ast.ClassDef: "class", ast.FunctionDef: "def", ast.AsyncFunctionDef: "async def"}
        found = [
            f"line {node.lineno}: {kinds[type(node)]} {node.name}"
            for node in ast.walk(tree)
            if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        ]
        return "\n".join(found) or "well formed, without classes and functions"
