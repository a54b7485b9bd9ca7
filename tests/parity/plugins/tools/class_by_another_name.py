class Weather:
    def forecast(self, city: str):
        """Tell the weather."""


Tools = Weather
