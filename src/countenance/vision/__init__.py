"""Pixels to template: decode, detect, align, assess, embed; the only room with a model runtime."""
