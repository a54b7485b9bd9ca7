from pydantic import BaseModel


class Piece(BaseModel):
    a: int = 1


class Pipe:
    def pipe(self, body):
        return Piece()
