"""From a cohort to tensors, one file a modality; everything is fitted on train alone."""
