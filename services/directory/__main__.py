"""``python -m services.directory api relay consumer``: the directory as a process."""

from chassis.process import main
from services.directory.main import SERVICE

if __name__ == "__main__":
    main(SERVICE)
