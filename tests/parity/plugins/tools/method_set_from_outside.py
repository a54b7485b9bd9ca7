class Tools:
    pass


for city in ("oslo", "rome"):

    def forecast(self, days: int = 1):
        """Tell the weather."""

    forecast.__name__ = f"forecast_{city}"
    setattr(Tools, forecast.__name__, forecast)
