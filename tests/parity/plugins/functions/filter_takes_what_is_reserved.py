class Filter:
    def inlet(self, body, __id__=None, __model__=None, __metadata__=None, __nothing__="x"):
        return [__id__, __model__, __metadata__, __nothing__]
