"""``python -m services.notifications api relay consumer schedules``: notifications as a process."""

from chassis.process import main
from services.notifications.main import SERVICE

if __name__ == "__main__":
    main(SERVICE)
