"""The nouns of ISO/IEC 2382-37 as frozen values, and the error tree; imports nothing of ours."""
