"""Quality components by their names in ISO/IEC 29794-5, one file each; measures, never a gate by itself."""
