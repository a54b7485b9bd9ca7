"""Run the command line as `python -m cochat_devkit`."""

from cochat_devkit.cli import main

if __name__ == "__main__":
    main()
