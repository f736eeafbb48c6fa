"""Migration: a legacy gallery moves in through the gate, and every record is accounted for. It trusts no source."""
