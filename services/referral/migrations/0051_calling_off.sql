-- Visits that nobody has begun are called off where somebody died or moved to another network, also
-- where time is the door.

grant update on visit to {worker_role};
