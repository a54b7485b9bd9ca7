class Pipe:
    def pipe(self, body, __model__="m", __id__="i", __messages__="s"):
        return __model__ + __id__
