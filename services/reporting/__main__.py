"""``python -m services.reporting api consumer``: reporting as a process."""

from chassis.process import main
from services.reporting.main import SERVICE

if __name__ == "__main__":
    main(SERVICE)
