"""What the networks over columns share; loads torch, which a tree's worker need not wait for."""
