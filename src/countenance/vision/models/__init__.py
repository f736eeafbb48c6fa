"""The models: what there is, where it comes from, and the pinned files that may be loaded; nothing unpinned is."""
