"""The main job on real parts: one sub-processor change, from the event to the clients' answers, in half a minute."""
