if __name__ == "__main__":
    raise SystemExit("run by hand")


class Tools:
    pass
