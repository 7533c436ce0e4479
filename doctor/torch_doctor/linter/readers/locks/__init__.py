"""Locks that tools other than uv write, by the blocks of the packages in them."""
