"""The library: sourced rows about drivers, CUDA, GPUs, torch builds and images, and the law drawn from them."""
