"""Face records of ISO/IEC 19794-5 and what they are wrapped in. It trusts no length and no count."""
