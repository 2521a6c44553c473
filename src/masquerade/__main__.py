"""``python -m masquerade``: the command line, where the script ``masquerade`` is not on the path."""

from masquerade.cli import main

if __name__ == "__main__":  # a process begun by ``spawn`` imports this too
    main()
