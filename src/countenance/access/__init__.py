"""Who is asking: keys and tokens to a principal. Trusted to know a secret, never to say what it permits."""
