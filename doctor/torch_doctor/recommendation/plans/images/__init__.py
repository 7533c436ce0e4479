"""Images: the tag of a build, a plan that has one beside a plan that has none, and those of NVIDIA itself."""
