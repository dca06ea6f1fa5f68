"""The vault of one hospital's server: who a patient is, for those who meet them, and for nobody else."""
