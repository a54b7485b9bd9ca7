from pydantic import BaseModel


class Piece(BaseModel):
    a: int = 1


class Pipe:
    def pipe(self, body):
        yield 'data: {"a": 1}'
        yield {"b": 2}
        yield Piece()
