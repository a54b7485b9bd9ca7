class Filter:
    def inlet(self, body, __user__):
        body["trace"].append(repr(__user__.get("valves")))
        return body
