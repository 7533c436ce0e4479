"""The NVIDIA driver: its files, its log, NVML and libcuda."""
