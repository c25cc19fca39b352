"""Proof for third parties: checkpoints, exports, erasures, signed verification results."""
