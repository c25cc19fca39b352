"""Proof for outsiders: checkpoints, exports, erasures, signed verdicts."""
