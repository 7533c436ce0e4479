"""Problems of jobs of Slurm and of hosted runners."""
