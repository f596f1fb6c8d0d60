"""``./waymark VERB`` after the environment is there."""

from runner.cli.app import main

if __name__ == "__main__":
    main()
