"""The index: a gallery's templates in memory, trusted to find exactly whom a comparison with everybody would find."""
