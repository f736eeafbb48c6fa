"""The service over HTTP: dialects that never meet, over one edge; trusted with nothing that the gate does not ask."""
