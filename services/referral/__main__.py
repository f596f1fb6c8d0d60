"""``python -m services.referral api relay consumer schedules``: run roles of the referral service."""

from chassis.process import main
from services.referral.main import SERVICE

if __name__ == "__main__":
    main(SERVICE)
