"""Engine, schema steps, durable files; knows no biometrics."""
