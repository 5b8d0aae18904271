"""The console of the staff: who may look, the queue, the case, the answer."""
