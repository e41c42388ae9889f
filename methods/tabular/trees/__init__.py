"""What boosted trees share, one model per outcome or one for all; importing it loads no library of trees."""
